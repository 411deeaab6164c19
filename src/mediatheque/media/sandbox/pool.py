"""The worker processes of one server process, and the replacement of workers that died or reached their task limit."""

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import structlog

from mediatheque.errors import Unavailable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.client import RequestNotSent, WorkerClient, WorkerCrashed
from mediatheque.media.sandbox.idle_workers import IdleWorkers
from mediatheque.media.sandbox.protocol import Reply, Request

_log = structlog.get_logger()

_START_ATTEMPTS = 3
_PAUSE_SECONDS = 0.05  # a fork server that was killed has ended after a few milliseconds


class Pool:
    """Each worker examines one file at a time, and is replaced when a request gets no reply.

    Processes are started and stopped on a dedicated thread, since that blocks; requests run on the event loop.
    """

    def __init__(self, config: SandboxConfig, processes: int) -> None:
        self._config = config
        self._processes = processes
        self._process_executor = ThreadPoolExecutor(1, "media-workers")
        self._idle = IdleWorkers()
        self._open = True
        self._size = 0  # workers that are idle, busy or being started
        self._size_lock = threading.Lock()

    def start(self) -> None:
        """Start every worker and block until all are ready. Raises `Unavailable` when one does not start."""
        for started in [self._spawn() for _ in range(self._processes)]:
            started.result()

    async def ask(self, request: Request, content: bytes | None = None) -> Reply:
        """Send the request, with the file if it has no path, to the next idle worker and return its reply.

        A request that a dead worker did not read is sent to another one. Raises `TimeoutError` or `WorkerCrashed`
        for this file alone, and `Unavailable` when no worker can be started or the file cannot be handed over.
        """
        while self._open:
            with suppress(RequestNotSent):
                return await self._ask_worker(await self._idle.take(self._ensure_workers), request, content)
        raise Unavailable

    async def close(self) -> None:
        """Stop every worker once it is idle. Callers that are waiting already are served first."""
        self._open = False
        while self._size:
            with suppress(Unavailable):
                worker = await self._idle.take(self._ensure_workers)
                self._process_executor.submit(worker.stop)
                self._change_size(-1)
        await asyncio.to_thread(self._process_executor.shutdown)

    async def _ask_worker(self, worker: WorkerClient, request: Request, content: bytes | None) -> Reply:
        try:
            reply = await worker.ask(request, content)
        except WorkerCrashed as crash:
            crash.exitcode = await asyncio.shield(asyncio.wrap_future(self._replace(worker)))
            raise
        except Unavailable:
            self._idle.give_back(worker)
            raise
        except BaseException:
            self._replace(worker)
            raise
        if worker.reached_task_limit:
            self._replace(worker)
        else:
            self._idle.give_back(worker)
        return reply

    def _replace(self, worker: WorkerClient) -> Future[int | None]:
        stopped = self._process_executor.submit(worker.stop)
        self._process_executor.submit(self._start_worker)
        return stopped

    def _ensure_workers(self) -> None:
        """Start a worker if some could not be started earlier; fail the waiting callers when there is none at all."""
        if self._open and self._size < self._processes:
            self._spawn()
        elif not self._size:
            self._idle.fail_waiters()

    def _spawn(self) -> Future[None]:
        self._change_size(+1)
        return self._process_executor.submit(self._start_worker)

    def _start_worker(self) -> None:
        """Run on the dedicated thread."""
        try:
            self._idle.add(self._new_worker())
        except Exception as error:
            _log.warning("media_worker_not_started", reason=str(error))
            if not self._change_size(-1):
                self._idle.fail_waiters()
            raise

    def _new_worker(self) -> WorkerClient:
        """Try several times: what kills workers may kill one that is not ready yet, or the fork server."""
        for _ in range(_START_ATTEMPTS - 1):
            with suppress(Unavailable):
                return WorkerClient(self._config)
            time.sleep(_PAUSE_SECONDS)
        return WorkerClient(self._config)

    def _change_size(self, change: int) -> int:
        with self._size_lock:
            self._size += change
            return self._size
