"""One worker: does tasks, collects garbage, and queues again the tasks of dead workers and those that were lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker as QueueWorker

from mediatheque.errors import DatabaseUnavailable, LibraryError
from mediatheque.library import Library
from mediatheque.worker.connector import WatchedConnector
from mediatheque.worker.handlers import MAX_ATTEMPTS, Handler, build_queue_app, handlers_of

CONCURRENCY = 4
"""Tasks at a time. They wait for the store and the database more than for a processor; two cores are busy with four."""

_HEARTBEAT_SECONDS = 5.0
_MAX_SILENCE = timedelta(seconds=20)
"""A worker without a heartbeat for this long is dead."""
_POLL_SECONDS = 2.0
"""Seconds until a retried task is noticed; PostgreSQL announces a new one."""
_PAUSE_SECONDS = 0.5
_FOLD_SECONDS = 10.0
"""Seconds between two rounds that add changes of what is stored to the totals and days."""
_LOST_DATABASE_GRACE = 3.0
"""Seconds that running tasks may take after the database was lost; no new task is started meanwhile."""
_log = structlog.get_logger()


class Worker:
    """One worker, until it is cancelled; running tasks then have `grace` seconds before they are queued again.

    Entries of the audit log are deleted when they are older than `audit_age`.
    """

    def __init__(
        self,
        library: Library,
        *,
        sweep_seconds: float,
        grace: float,
        audit_age: timedelta = timedelta(days=400),
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self._library = library
        self._audit_age = audit_age
        self._sweep_seconds = sweep_seconds
        self._grace = grace
        self._handlers = handlers or handlers_of(library)
        self._lost_id: int | None = None
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it logs every step of every task

    async def run(self) -> None:
        """Work. The library is open."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._warm())
            group.create_task(self._read_old_blobs())
            group.create_task(self._do_tasks())
            group.create_task(_every(self._sweep_seconds, self._collect_garbage))
            group.create_task(_every(self._sweep_seconds, self._requeue_lost))
            group.create_task(_every(self._sweep_seconds, self._delete_old_entries))
            group.create_task(_every(_FOLD_SECONDS, self._fold_usage))
            group.create_task(_every(_MAX_SILENCE.total_seconds() / 2, self._requeue_stalled))

    async def _warm(self) -> None:
        """Load the models. When one cannot be loaded, the tasks that need it fail; all others are done."""
        try:
            await self._library.search.embedding_models.warm()
        except LibraryError as error:
            _log.warning("models_not_loaded", reason=str(error))
        except Exception:  # noqa: BLE001 - the libraries that run models raise anything
            _log.exception("models_not_loaded")

    async def _read_old_blobs(self) -> None:
        """Have blobs of older versions read again. What the database refuses now is left to the next start."""
        try:
            await self._library.maintenance.unread_blobs.start()
        except LibraryError as error:
            _log.warning("old_blobs_not_read", reason=error.message)

    async def _do_tasks(self) -> None:
        """Start another of procrastinate's workers whenever one ends: each ends when the database is lost."""
        while not _is_cancelled():
            connector = WatchedConnector(self._library.database.open_session)
            queue = build_queue_app(self._handlers, connector, self._library.tasks.dead_letter)
            try:
                await self._library.database.ready()
                async with queue.open_async(self._library.database.pool):
                    await self._requeue_own(queue)
                    await self._run_queue_worker(queue, connector)
            except DatabaseUnavailable:
                pass  # logged by the database
            except ConnectorException as error:
                _log.warning("queue_failed", reason=str(error.__cause__))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _run_queue_worker(self, queue: App, connector: WatchedConnector) -> None:
        worker = QueueWorker(
            queue,
            queues=list(self._handlers),
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=self._grace,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=_HEARTBEAT_SECONDS,
            stalled_worker_timeout=_MAX_SILENCE.total_seconds(),
        )

        def stop() -> None:
            worker.shutdown_graceful_timeout = min(self._grace, _LOST_DATABASE_GRACE)
            worker.stop()  # type: ignore[no-untyped-call]  # it has no annotation

        connector.on_failure = stop
        try:
            await worker.run()  # type: ignore[no-untyped-call]  # nor has this
        finally:
            self._lost_id = worker.worker_id  # None when it could still unregister

    async def _requeue_own(self, queue: App) -> None:
        """Unregister our former worker, so that its tasks are queued again now and not after its silence."""
        if self._lost_id is not None:
            await queue.job_manager.unregister_worker(self._lost_id)
            self._lost_id = None
        await self._requeue_stalled()

    async def _requeue_stalled(self) -> None:
        tasks = await self._library.tasks.requeue_stalled(_MAX_SILENCE, MAX_ATTEMPTS)
        if tasks:
            _log.warning("stalled_tasks_requeued", tasks=tasks)

    async def _collect_garbage(self) -> None:
        await self._library.maintenance.garbage.run()

    async def _delete_old_entries(self) -> None:
        await self._library.accounts.audit.delete_old(self._audit_age)

    async def _fold_usage(self) -> None:
        await self._library.accounts.usage.fold()

    async def _requeue_lost(self) -> None:
        await self._library.maintenance.lost_work.requeue()
        await self._library.keep.work.requeue_lost()


def _is_cancelled() -> bool:
    """Whether this task was cancelled: an error of the database during the shutdown can hide the CancelledError."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Work after each pause; a round that a part of the library refuses is left to the next one."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except LibraryError as error:
            _log.warning("housekeeping_failed", reason=error.message)
