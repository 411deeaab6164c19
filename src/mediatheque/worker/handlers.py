"""The handler of each task, and what happens when one fails."""

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
"""Stores that a job failed for good: its id, its task, the arguments and the reason."""

MAX_ATTEMPTS = 6
"""Attempts of a task that fails, or whose worker dies."""
_MAX_DELAY = 60
_log = structlog.get_logger()


def handlers_of(library: Library) -> Mapping[str, Handler]:
    """Return the method that does each task of `library.tasks`; it takes the task's arguments in their order there."""
    return {
        "advance_keep": library.keep.work.advance,
        "complete_upload": library.uploads.direct.complete_requested,
        "delete_workspace": library.maintenance.deleted_workspaces.delete,
        "embed_asset": library.search.embeddings.embed,
        "read_blobs": library.maintenance.unread_blobs.read,
    }


def build_queue_app(handlers: Mapping[str, Handler], connector: BaseAsyncConnector, dead_letter: DeadLetter) -> App:
    """Build procrastinate's app: for each task a queue of its name, and its handler."""
    app = App(connector=connector)
    for name, handler in handlers.items():
        task = _task(name, handler, dead_letter)
        app.task(name=name, queue=name, retry=RetryPolicy(), pass_context=True)(task)
    return app


class RetryPolicy(BaseRetryStrategy):
    """Retries of a failed task, after 1, 2, 4 s and so on, at most a minute.

    They have no limit while a part of the library is away or full, or when the worker had to stop. Any other failure is
    a bug: after six attempts the task stays in the queue as failed, for the operator to see.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to retry; None when the task failed for good."""
        if isinstance(exception, JobAborted | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if not isinstance(exception, Unavailable | StorageFull) and self.is_last(job):
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** min(job.attempts, 10), _MAX_DELAY)})

    @staticmethod
    def is_last(job: Job) -> bool:
        """Whether this attempt is the last one that the limit allows."""
        return job.attempts + 1 >= MAX_ATTEMPTS


def _task(name: str, handler: Handler, dead_letter: DeadLetter) -> Handler:
    async def run(context: JobContext, **arguments: Any) -> None:
        begun = time.monotonic()
        try:
            await handler(*(msgspec.convert(arguments[key], kind) for key, kind in TASKS[name].items()))
        except (Unavailable, StorageFull) as error:
            _log.warning("task_deferred", task=name, reason=error.message, **arguments)
            raise
        except Exception as error:
            _log.exception("task_failed", task=name, **arguments)
            if context.job.id is not None and RetryPolicy.is_last(context.job):
                await dead_letter(context.job.id, name, arguments, repr(error))
            raise
        _log.info("task_done", task=name, seconds=round(time.monotonic() - begun, 3), **arguments)

    return run
