"""Whether PostgreSQL is available: probed when a connection was lost, and known to all requests of the process."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from mediatheque.errors import DatabaseUnavailable

_log = structlog.get_logger()
_POLL_SECONDS = 0.05
"""Seconds between two probes while PostgreSQL is away."""
_FIRST_PROBE_SECONDS = 0.5
"""Seconds without an answer to the first probe after which PostgreSQL counts as away. On a busy machine a connection
takes more than 0.1 s; a PostgreSQL that is not running refuses it at once.
"""


class Availability:
    """Probes PostgreSQL from the first suspicion until it answers.

    `probe` raises DatabaseUnavailable unless PostgreSQL can be used now; `on_return` is called when it can. A single
    lost connection proves nothing: requests fail only once the first probe has failed, about 1 ms later. An outage is
    logged once, with the traceback of the error that was met first.
    """

    def __init__(self, probe: Callable[[], Awaitable[None]], on_return: Callable[[], Awaitable[None]]) -> None:
        self.is_away = False
        self.suspected_at = 0.0
        self._probe = probe
        self._on_return = on_return
        self._known = asyncio.Event()
        self._known.set()
        self._cause: BaseException | None = None
        self._probing: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Timeout] = set()

    def suspect(self, cause: BaseException | None = None) -> None:
        """Start probing in the background, unless that goes on already. `cause` is the error that was met."""
        if self._probing is None or self._probing.done():
            self.suspected_at = time.monotonic()
            self._cause = cause
            self._known.clear()
            self._probing = asyncio.create_task(self._probe_until_answer())

    async def wait_known(self) -> None:
        """Wait until PostgreSQL is known to be available."""
        await self._known.wait()

    async def returns_within(self, seconds: float) -> bool:
        """Wait until PostgreSQL is known to be available; False when it was not lost, or is not back in time."""
        if self._known.is_set() and time.monotonic() - self.suspected_at > seconds:
            return False
        try:
            async with asyncio.timeout(seconds):
                await self._known.wait()
        except TimeoutError:
            return False
        return True

    @asynccontextmanager
    async def timeout(self) -> AsyncIterator[None]:
        """Raise TimeoutError inside the block as soon as PostgreSQL is known to be away."""
        if self.is_away:
            raise TimeoutError
        async with asyncio.timeout(None) as wait:
            self._waiting.add(wait)
            try:
                yield
            finally:
                self._waiting.discard(wait)

    async def close(self) -> None:
        """Stop probing, and end the waits of `wait_known`."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    async def _probe_until_answer(self) -> None:
        timer = asyncio.get_running_loop().call_later(_FIRST_PROBE_SECONDS, self._fail_waits)
        try:
            while (reason := await self._why_unavailable()) is not None:
                self._fail_waits(reason)
                await asyncio.sleep(_POLL_SECONDS)
            if self.is_away:
                _log.info("database_available", after=round(time.monotonic() - self.suspected_at, 3))
            self.is_away = False
        finally:
            timer.cancel()
            self._known.set()
        await self._on_return()

    async def _why_unavailable(self) -> str | None:
        try:
            await self._probe()
        except DatabaseUnavailable as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - if this ended the probes, every request would fail from then on
            return f"It cannot be asked: {type(error).__name__}: {error}"
        return None

    def _fail_waits(self, reason: str = "It does not answer.") -> None:
        if self.is_away:
            return
        _log.warning("database_unavailable", reason=reason, exc_info=self._cause)
        self._cause = None
        self.is_away = True
        now = asyncio.get_running_loop().time()
        for wait in self._waiting:
            wait.reschedule(now)
