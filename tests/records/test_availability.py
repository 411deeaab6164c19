import asyncio
import time

import pytest
import structlog

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records.availability import Availability


class FakeServer:
    """A server that is up, down, or does not answer while `silent`."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.silent = False
        self.probes = 0
        self.recoveries = 0

    async def answer(self) -> None:
        self.probes += 1
        if self.silent:
            await self.up.wait()
        if not self.up.is_set():
            raise DatabaseUnavailable

    async def on_recovery(self) -> None:
        self.recoveries += 1


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def availability(server: FakeServer) -> Availability:
    return Availability(server.answer, server.on_recovery)


async def wait_for_ever(availability: Availability) -> None:
    async with availability.timeout():
        await asyncio.Event().wait()


async def test_suspicion_without_cause_fails_no_request(server: FakeServer, availability: Availability) -> None:
    server.up.set()
    async with availability.timeout():
        availability.suspect()
        availability.suspect()
        await availability.wait_known()
    assert not availability.is_away
    assert (server.probes, server.recoveries) == (1, 1)


@pytest.mark.parametrize("silent", [False, True])
async def test_waiters_are_released_and_new_requests_fail(
    server: FakeServer, availability: Availability, silent: bool
) -> None:
    server.silent = silent
    waiting = [asyncio.create_task(wait_for_ever(availability)) for _ in range(3)]
    await asyncio.sleep(0)
    begun = time.monotonic()
    availability.suspect()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError] * 3
    assert time.monotonic() - begun < 20
    with pytest.raises(TimeoutError):
        await wait_for_ever(availability)
    server.up.set()
    await availability.wait_known()
    assert not availability.is_away
    async with availability.timeout():
        pass


async def test_wait_known_waits_for_the_probe(server: FakeServer, availability: Availability) -> None:
    availability.suspect()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(availability.wait_known(), 0.12)
    assert server.probes > 1
    server.up.set()
    await asyncio.wait_for(availability.wait_known(), 5)


async def test_a_probe_may_be_slow(server: FakeServer, availability: Availability) -> None:
    """A connection to a server on a busy machine."""
    server.silent = True
    waiting = asyncio.create_task(wait_for_ever(availability))
    await asyncio.sleep(0)
    availability.suspect()
    await asyncio.sleep(0.2)
    server.up.set()
    await availability.wait_known()
    assert not waiting.done()
    waiting.cancel()


async def test_a_probe_that_fails_for_another_reason_is_repeated(server: FakeServer) -> None:
    """The process has no thread or file left for a probe."""
    failures = [RuntimeError("can't start new thread"), OSError(24, "Too many open files")]

    async def probe() -> None:
        if failures:
            raise failures.pop()
        await server.answer()

    availability = Availability(probe, server.on_recovery)
    server.up.set()
    availability.suspect()
    await asyncio.wait_for(availability.wait_known(), 5)
    assert not availability.is_away
    assert not failures
    async with availability.timeout():
        pass


async def test_cancelled_wait_stays_cancelled(availability: Availability) -> None:
    task = asyncio.create_task(wait_for_ever(availability))
    await asyncio.sleep(0)
    availability.suspect()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await availability.close()


async def test_closing_stops_probing(server: FakeServer, availability: Availability) -> None:
    availability.suspect()
    await asyncio.sleep(0)
    await availability.close()
    await availability.wait_known()
    looks = server.probes
    await asyncio.sleep(0.12)
    assert server.probes == looks


async def test_outage_is_logged_once_with_the_first_error(server: FakeServer, availability: Availability) -> None:
    cause = OSError("the first")
    with structlog.testing.capture_logs() as logged:
        availability.suspect(cause)
        for n in range(5):
            await asyncio.sleep(0.06)
            availability.suspect(OSError(f"later {n}"))
        server.up.set()
        await availability.wait_known()
    away, back = logged
    assert (away["event"], away["exc_info"], back["event"]) == ("database_unavailable", cause, "database_available")
