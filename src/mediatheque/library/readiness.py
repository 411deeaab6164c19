"""Whether requests can be served now, answered in time even if a disk, a bucket or the database hangs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from mediatheque.errors import Unavailable

Check = Callable[[], Awaitable[None]]
"""Raises an `Unavailable` when the part of the library does not work."""

_SECONDS = 1.5
"""Monitors wait 2 s or longer."""


class Readiness:
    """Checks of the library's parts, each with the error that is raised when it takes too long.

    A check that hangs is left alone: a statement or a system call cannot always be cancelled. Later requests wait for
    the same run of it, so that a long outage does not use up threads and connections.
    """

    def __init__(self, checks: Mapping[type[Unavailable], Check], seconds: float = _SECONDS) -> None:
        self._checks = checks
        self._seconds = seconds
        self._running: dict[type[Unavailable], asyncio.Task[None]] = {}

    async def check(self) -> None:
        """Run all checks at the same time. Raises the error of one that failed or took too long."""
        tasks = {kind: self._run(kind) for kind in self._checks}
        await asyncio.wait(tasks.values(), timeout=self._seconds)
        for kind, task in tasks.items():
            if not task.done():
                raise kind
            task.result()

    def _run(self, kind: type[Unavailable]) -> asyncio.Task[None]:
        task = self._running.get(kind)
        if task is None:
            task = asyncio.create_task(self._perform(kind), name=f"readiness of {kind.__name__}")
            self._running[kind] = task
            task.add_done_callback(lambda done: self._end(kind, done))
        return task

    async def _perform(self, kind: type[Unavailable]) -> None:
        await self._checks[kind]()

    def _end(self, kind: type[Unavailable], done: asyncio.Task[None]) -> None:
        del self._running[kind]
        if not done.cancelled():
            done.exception()  # retrieved: nobody may wait for it any more

    async def close(self) -> None:
        """Cancel checks that hang, without waiting for them."""
        for task in self._running.values():
            task.cancel()
