"""The worker processes of one server process, and their replacement when they die or have done their share."""

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
from mediatheque.media.sandbox.protocol import Answer, Request

log = structlog.get_logger()

_ATTEMPTS = 3
_PAUSE = 0.05  # seconds; a killed fork server is gone after a few milliseconds


class Pool:
    """Each worker examines one file at a time, and one that leaves a file unanswered is never asked again.

    The office, a thread of its own, starts and ends processes; asking one takes no thread but the event loop's.
    """

    def __init__(self, config: SandboxConfig, processes: int) -> None:
        self._config = config
        self._processes = processes
        self._process_executor = ThreadPoolExecutor(1, "media-workers")
        self._roster = IdleWorkers()
        self._open = True
        self._size = 0  # workers that are idle, busy or being started
        self._counting = threading.Lock()

    def start(self) -> None:
        """Returns when every worker is ready. Blocks. Raises Unavailable if one does not start."""
        for started in [self._spawn() for _ in range(self._processes)]:
            started.result()

    async def ask(self, request: Request) -> Answer:
        """What a worker finds. Raises TimeoutError or WorkerCrashed, which are this file's alone, or Unavailable.

        A worker found dead before it took the file costs the caller nothing but the way to the next.
        """
        while self._open:
            with suppress(RequestNotSent):
                return await self._asked(await self._roster.take(self._complete), request)
        raise Unavailable

    async def close(self) -> None:
        """Takes every worker out of service, each in its turn: behind the callers that wait already."""
        self._open = False
        while self._size:
            with suppress(Unavailable):
                examiner = await self._roster.take(self._complete)
                self._process_executor.submit(examiner.end)
                self._count(-1)
        await asyncio.to_thread(self._process_executor.shutdown)

    async def _asked(self, examiner: WorkerClient, request: Request) -> Answer:
        try:
            answer = await examiner.ask(request)
        except WorkerCrashed as lost:
            lost.exitcode = await asyncio.shield(asyncio.wrap_future(self._replace(examiner)))
            raise
        except BaseException:
            self._replace(examiner)
            raise
        if examiner.spent:
            self._replace(examiner)
        else:
            self._roster.give_back(examiner)
        return answer

    def _replace(self, examiner: WorkerClient) -> Future[int | None]:
        ended = self._process_executor.submit(examiner.end)
        self._process_executor.submit(self._add)
        return ended

    def _complete(self) -> None:
        """Somebody waits: makes up for workers that could not be started earlier, or says that there are none."""
        if self._open and self._size < self._processes:
            self._spawn()
        elif not self._size:
            self._roster.refuse()

    def _spawn(self) -> Future[None]:
        self._count(+1)
        return self._process_executor.submit(self._add)

    def _add(self) -> None:
        """In the office."""
        try:
            self._roster.arrive(self._started())
        except Exception as error:
            log.warning("media_worker_not_started", reason=str(error))
            if not self._count(-1):
                self._roster.refuse()
            raise

    def _started(self) -> WorkerClient:
        """Tries more than once: what kills workers may kill one that is not ready yet, or the fork server."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(Unavailable):
                return WorkerClient(self._config)
            time.sleep(_PAUSE)
        return WorkerClient(self._config)

    def _count(self, change: int) -> int:
        with self._counting:
            self._size += change
            return self._size
