"""Workers that wait for a request, and callers that wait for a worker."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from mediatheque.errors import Unavailable
from mediatheque.media.sandbox.client import WorkerClient


class IdleWorkers:
    """The worker that became idle last is taken first, since its caches are warm. Callers are served in order.

    Workers may be added from any thread. Only one event loop at a time may take them; no reference to it is kept
    while no caller waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[WorkerClient] = []
        self._waiting: deque[asyncio.Future[WorkerClient]] = deque()

    async def take(self, when_empty: Callable[[], None]) -> WorkerClient:
        """Wait for an idle worker. If there is none, enqueue first and then call `when_empty`.

        In that order, a worker that `when_empty` starts cannot be missed. Raises `Unavailable` after `fail_waiters`.
        """
        with self._lock:
            if self._idle:
                return self._idle.pop()
            waiter: asyncio.Future[WorkerClient] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
        when_empty()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and not waiter.exception():
                self.give_back(waiter.result())
            raise

    def give_back(self, worker: WorkerClient) -> None:
        """Return a worker, on the event loop that took it."""
        with self._lock:
            self._idle.append(worker)
        self._assign()

    def add(self, worker: WorkerClient) -> None:
        """Add a worker, from any thread."""
        with self._lock:
            self._idle.append(worker)
        self._call_on_loops(self._assign)

    def fail_waiters(self) -> None:
        """Raise `Unavailable` in all waiting callers. May be called from any thread."""
        self._call_on_loops(self._fail_waiters)

    def _call_on_loops(self, work: Callable[[], None]) -> None:
        with self._lock:
            loops = {waiter.get_loop() for waiter in self._waiting}
        for loop in loops:
            with suppress(RuntimeError):  # the loop is closed, so no caller waits on it
                loop.call_soon_threadsafe(work)

    def _assign(self) -> None:
        with self._lock:
            while self._idle and (waiter := self._next_waiter()):
                waiter.set_result(self._idle.pop())

    def _fail_waiters(self) -> None:
        with self._lock:
            while waiter := self._next_waiter():
                waiter.set_exception(Unavailable())

    def _next_waiter(self) -> asyncio.Future[WorkerClient] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done() and not waiter.get_loop().is_closed():
                return waiter
        return None
