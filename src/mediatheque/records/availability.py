"""Whether PostgreSQL is there: asked when a connection was lost, known to every request meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

_log = structlog.get_logger(__name__)
_POLL = 0.05
"""Seconds between two looks for a PostgreSQL that is away."""
_SILENCE = 0.1
"""Seconds that PostgreSQL may leave the first look unanswered before it counts as away."""


class Availability:
    """Looks for PostgreSQL from the first doubt until it answers.

    `answers` tells whether PostgreSQL takes a connection now; `returned` is called when it does.
    One lost connection proves nothing, so requests are refused only when the first look fails, 1 ms later.
    """

    def __init__(self, answers: Callable[[], Awaitable[bool]], returned: Callable[[], Awaitable[None]]) -> None:
        self.is_away = False
        self.last_doubt = 0.0
        self._answers = answers
        self._returned = returned
        self._certain = asyncio.Event()
        self._certain.set()
        self._search: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Timeout] = set()

    def suspect(self) -> None:
        """Start to look, beside the requests; nothing where a search is on already."""
        if self._search is None or self._search.done():
            self.last_doubt = time.monotonic()
            self._certain.clear()
            self._search = asyncio.create_task(self._find())

    async def wait_known(self) -> None:
        """Return once there is no doubt."""
        await self._certain.wait()

    @asynccontextmanager
    async def timeout(self) -> AsyncIterator[None]:
        """A wait that ends with TimeoutError once PostgreSQL is known to be away; at once where it is known."""
        if self.is_away:
            raise TimeoutError
        async with asyncio.timeout(None) as wait:
            self._waiting.add(wait)
            try:
                yield
            finally:
                self._waiting.discard(wait)

    async def close(self) -> None:
        """Stop looking; let go whoever waits to be certain."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.wait([self._search])

    async def _find(self) -> None:
        silence = asyncio.get_running_loop().call_later(_SILENCE, self._refuse)
        try:
            while not await self._answers():
                self._refuse()
                await asyncio.sleep(_POLL)
            if self.is_away:
                _log.info("database is back", after=round(time.monotonic() - self.last_doubt, 3))
            self.is_away = False
        finally:
            silence.cancel()
            self._certain.set()
        await self._returned()

    def _refuse(self) -> None:
        if self.is_away:
            return
        _log.warning("database is away")
        self.is_away = True
        now = asyncio.get_running_loop().time()
        for wait in self._waiting:
            wait.reschedule(now)
