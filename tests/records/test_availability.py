import asyncio
import time

import pytest

from mediatheque.records.availability import Presence


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
def presence(server: Server) -> Presence:
    return Presence(server.answers, server.welcome)


async def wait_for_ever(presence: Presence) -> None:
    async with presence.patience():
        await asyncio.Event().wait()


async def test_a_doubt_without_cause_refuses_nobody(server: Server, presence: Presence) -> None:
    server.here.set()
    async with presence.patience():
        presence.doubt()
        presence.doubt()
        await presence.certain()
    assert not presence.is_away
    assert (server.looks, server.welcomes) == (1, 1)


@pytest.mark.parametrize("silent", [False, True])
async def test_who_waits_is_released_and_who_comes_is_refused(server: Server, presence: Presence, silent: bool) -> None:
    server.silent = silent
    waiting = [asyncio.create_task(wait_for_ever(presence)) for _ in range(3)]
    await asyncio.sleep(0)
    begun = time.monotonic()
    presence.doubt()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError] * 3
    assert time.monotonic() - begun < 1
    with pytest.raises(TimeoutError):
        await wait_for_ever(presence)
    server.here.set()
    await presence.certain()
    assert not presence.is_away
    async with presence.patience():
        pass


async def test_it_is_not_certain_before_it_has_looked(server: Server, presence: Presence) -> None:
    presence.doubt()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(presence.certain(), 0.12)
    assert server.looks > 1
    server.here.set()
    await asyncio.wait_for(presence.certain(), 5)


async def test_a_cancelled_wait_stays_cancelled(presence: Presence) -> None:
    task = asyncio.create_task(wait_for_ever(presence))
    await asyncio.sleep(0)
    presence.doubt()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await presence.close()


async def test_closing_ends_the_search(server: Server, presence: Presence) -> None:
    presence.doubt()
    await asyncio.sleep(0)
    await presence.close()
    await presence.certain()
    looks = server.looks
    await asyncio.sleep(0.12)
    assert server.looks == looks
