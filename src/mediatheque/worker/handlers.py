"""Which verb each task stands for, and what becomes of a task that fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.connector import BaseAsyncConnector
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from mediatheque.errors import StorageFull, Unavailable
from mediatheque.library import Library
from mediatheque.library.tasks import TASKS

Handler = Callable[..., Awaitable[None]]
DeadLetter = Callable[[int, str, Mapping[str, Any], str], Awaitable[None]]
"""Notes that a job is given up: its id, its task, the arguments and the reason."""

MAX_ATTEMPTS = 6
"""Of a task that fails, or ends its worker."""
_MAX_DELAY = 60
_log = structlog.get_logger()


def handlers_of(library: Library) -> Mapping[str, Handler]:
    """What to call for each task of `library.tasks`, with its arguments in their order there."""
    return {
        "complete_upload": library.uploads.direct.complete_requested,
        "embed_asset": library.search.embeddings.embed,
    }


def build_queue_app(verbs: Mapping[str, Handler], line: BaseAsyncConnector, park: DeadLetter) -> App:
    """The queues at the end of the line, one of its name for each task, bound to its verb.

    `park` notes a task that is given up.
    """
    app = App(connector=line)
    for name, verb in verbs.items():
        app.task(name=name, queue=name, retry=RetryPolicy(), pass_context=True)(_task(name, verb, park))
    return app


class RetryPolicy(BaseRetryStrategy):
    """When a failed task is tried again: after 1, 2, 4 s and so on, at most a minute.

    For as long as it takes where a part of the library was away or full, or the worker had to stop. Any other failure
    is a bug of ours and is met six times; then the task stays in the queue as failed, for the operator to see.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None: never again."""
        if isinstance(exception, JobAborted | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if not isinstance(exception, Unavailable | StorageFull) and self.is_last(job):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), _MAX_DELAY)})

    @staticmethod
    def is_last(job: Job) -> bool:
        """Whether this try, of those that are counted, is the last one."""
        return job.attempts + 1 >= MAX_ATTEMPTS


def _task(name: str, verb: Handler, park: DeadLetter) -> Handler:
    async def run(context: JobContext, **arguments: Any) -> None:
        begun = time.monotonic()
        try:
            await verb(*(msgspec.convert(arguments[key], kind) for key, kind in TASKS[name].items()))
        except (Unavailable, StorageFull) as error:
            _log.warning("task put off", task=name, reason=error.message, **arguments)
            raise
        except Exception as error:
            _log.exception("task failed", task=name, **arguments)
            if context.job.id is not None and RetryPolicy.is_last(context.job):
                await park(context.job.id, name, arguments, repr(error))
            raise
        _log.info("task done", task=name, seconds=round(time.monotonic() - begun, 3), **arguments)

    return run
