"""One worker: takes tasks as they come, sweeps, and puts back what a dead worker has left behind."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker as QueueWorker

from mediatheque.errors import DatabaseUnavailable, LibraryError
from mediatheque.library import Library
from mediatheque.records import jobs
from mediatheque.worker.connector import WatchedConnector
from mediatheque.worker.handlers import MAX_ATTEMPTS, Handler, build_queue_app, handlers_of

TASKS_AT_ONCE = 4
"""They wait for the store and the database more than for the processor, of which two cores have enough."""

_HEARTBEAT = 5.0
_SILENCE = timedelta(seconds=20)
"""A worker that has not been heard of for so long is dead."""
_POLL = 2.0
"""Seconds until a task that was put off is noticed; a new one is announced by PostgreSQL."""
_PAUSE = 0.5
_BROKEN_GRACE = 3.0
"""Seconds for tasks in flight when PostgreSQL went away, in which nothing new is begun."""
_log = structlog.get_logger()


class Worker:
    """Works until it is cancelled; then tasks may go on for `grace` seconds before they are given back."""

    def __init__(
        self, library: Library, *, sweep_seconds: float, grace: float, verbs: Mapping[str, Handler] | None = None
    ) -> None:
        self._library = library
        self._sweep_seconds = sweep_seconds
        self._grace = grace
        self._verbs = verbs or handlers_of(library)
        self._lost: int | None = None
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it has a line for every step of every task

    async def run(self) -> None:
        """Over an open library."""
        async with asyncio.TaskGroup() as work:
            work.create_task(self._warm())
            work.create_task(self._take_tasks())
            work.create_task(_every(self._sweep_seconds, self._collect_garbage))
            work.create_task(_every(_SILENCE.total_seconds() / 2, self._requeue_stalled))

    async def _warm(self) -> None:
        """What is wrong with a model shows in the tasks that need it; all others are done."""
        try:
            await self._library.search.embedding_models.warm()
        except LibraryError as error:
            _log.warning("models not loaded", reason=str(error))
        except Exception:  # noqa: BLE001 - the libraries that run models raise anything
            _log.exception("models not loaded")

    async def _take_tasks(self) -> None:
        """procrastinate ends its worker when PostgreSQL goes away; here the next one begins."""
        while not _is_cancelled():
            line = WatchedConnector()
            queue = build_queue_app(self._verbs, line, self._dead_letter)
            try:
                await self._library.database.ready()
                async with queue.open_async(self._library.database.pool):
                    await self._take_over(queue)
                    await self._take_tasks_from(queue, line)
            except DatabaseUnavailable:
                pass  # of which the database has told
            except ConnectorException as error:
                _log.warning("queue failed", reason=str(error.__cause__))
            await asyncio.sleep(_PAUSE)

    async def _take_tasks_from(self, queue: App, line: WatchedConnector) -> None:
        worker = QueueWorker(
            queue,
            queues=list(self._verbs),
            concurrency=TASKS_AT_ONCE,
            fetch_job_polling_interval=_POLL,
            shutdown_graceful_timeout=self._grace,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=_HEARTBEAT,
            stalled_worker_timeout=_SILENCE.total_seconds(),
        )

        def give_up() -> None:
            worker.shutdown_graceful_timeout = min(self._grace, _BROKEN_GRACE)
            worker.stop()  # type: ignore[no-untyped-call]  # it has no annotation

        line.broken = give_up
        try:
            await worker.run()  # type: ignore[no-untyped-call]  # nor has this
        finally:
            self._lost = worker.worker_id  # none, if it could still sign off

    async def _take_over(self, queue: App) -> None:
        """Sign off whom we lost, so that nobody waits for it to be silent long enough."""
        if self._lost is not None:
            await queue.job_manager.unregister_worker(self._lost)
            self._lost = None
        await self._requeue_stalled()

    async def _requeue_stalled(self) -> None:
        async with self._library.database.connection() as conn:
            tasks = await jobs.requeue_stalled(conn, _SILENCE, MAX_ATTEMPTS)
            await jobs.forget_reasons(conn)
        if tasks:
            _log.warning("tasks of a dead worker are put back", tasks=tasks)

    async def _dead_letter(self, job_id: int, task: str, arguments: Mapping[str, Any], reason: str) -> None:
        async with self._library.database.connection() as conn:
            await jobs.dead_letter(conn, job_id, task, arguments, reason)

    async def _collect_garbage(self) -> None:
        await self._library.maintenance.garbage.run()


def _is_cancelled() -> bool:
    """An error on the way out, while PostgreSQL is away, hides that we were told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Work after each pause; what cannot be done now is for the next time."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except LibraryError as error:
            _log.warning("housekeeping is put off", reason=error.message)
