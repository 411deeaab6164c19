"""Examiners without a file, and callers without an examiner."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from mediatheque.errors import Unavailable
from mediatheque.media.sandbox.client import WorkerClient


class IdleWorkers:
    """The last examiner to become idle is the first to be taken: its caches are warm. Callers are served in order.

    Examiners may arrive from any thread. Of event loops it keeps only what waits on them now, and one loop at a time
    may take.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[WorkerClient] = []
        self._waiting: deque[asyncio.Future[WorkerClient]] = deque()

    async def take(self, lacking: Callable[[], None]) -> WorkerClient:
        """Waits its turn. Calls `lacking` if there is need to, when it already stands in the queue.

        Raises Unavailable if there is none to wait for.
        """
        with self._lock:
            if self._idle:
                return self._idle.pop()
            turn: asyncio.Future[WorkerClient] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
        lacking()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.give_back(turn.result())
            raise

    def give_back(self, examiner: WorkerClient) -> None:
        """From the event loop that took it."""
        with self._lock:
            self._idle.append(examiner)
        self._serve()

    def arrive(self, examiner: WorkerClient) -> None:
        """From any thread."""
        with self._lock:
            self._idle.append(examiner)
        self._call(self._serve)

    def refuse(self) -> None:
        """Tells all who wait that they wait in vain. From any thread."""
        self._call(self._refuse)

    def _call(self, what: Callable[[], None]) -> None:
        with self._lock:
            loops = {turn.get_loop() for turn in self._waiting}
        for loop in loops:
            with suppress(RuntimeError):  # closed: nobody waits there any more
                loop.call_soon_threadsafe(what)

    def _serve(self) -> None:
        with self._lock:
            while self._idle and (turn := self._next()):
                turn.set_result(self._idle.pop())

    def _refuse(self) -> None:
        with self._lock:
            while turn := self._next():
                turn.set_exception(Unavailable())

    def _next(self) -> asyncio.Future[WorkerClient] | None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done() and not turn.get_loop().is_closed():
                return turn
        return None
