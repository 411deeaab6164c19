import asyncio
import time

import pytest

from mediatheque.records.availability import Availability


class Server:
    """Something to look for: `here`, away or silent."""

    def __init__(self) -> None:
        self.here = asyncio.Event()
        self.silent = False
        self.looks = 0
        self.welcomes = 0

    async def answers(self) -> bool:
        self.looks += 1
        if self.silent:
            await self.here.wait()
        return self.here.is_set()

    async def welcome(self) -> None:
        self.welcomes += 1


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def presence(server: Server) -> Availability:
    return Availability(server.answers, server.welcome)


async def wait_for_ever(presence: Availability) -> None:
    async with presence.timeout():
        await asyncio.Event().wait()


async def test_suspicion_without_cause_fails_no_request(server: Server, presence: Availability) -> None:
    server.here.set()
    async with presence.timeout():
        presence.suspect()
        presence.suspect()
        await presence.wait_known()
    assert not presence.is_away
    assert (server.looks, server.welcomes) == (1, 1)


@pytest.mark.parametrize("silent", [False, True])
async def test_waiters_are_released_and_new_requests_fail(
    server: Server, presence: Availability, silent: bool
) -> None:
    server.silent = silent
    waiting = [asyncio.create_task(wait_for_ever(presence)) for _ in range(3)]
    await asyncio.sleep(0)
    begun = time.monotonic()
    presence.suspect()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError] * 3
    assert time.monotonic() - begun < 1
    with pytest.raises(TimeoutError):
        await wait_for_ever(presence)
    server.here.set()
    await presence.wait_known()
    assert not presence.is_away
    async with presence.timeout():
        pass


async def test_wait_known_waits_for_the_probe(server: Server, presence: Availability) -> None:
    presence.suspect()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(presence.wait_known(), 0.12)
    assert server.looks > 1
    server.here.set()
    await asyncio.wait_for(presence.wait_known(), 5)


async def test_cancelled_wait_stays_cancelled(presence: Availability) -> None:
    task = asyncio.create_task(wait_for_ever(presence))
    await asyncio.sleep(0)
    presence.suspect()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await presence.close()


async def test_closing_stops_probing(server: Server, presence: Availability) -> None:
    presence.suspect()
    await asyncio.sleep(0)
    await presence.close()
    await presence.wait_known()
    looks = server.looks
    await asyncio.sleep(0.12)
    assert server.looks == looks
