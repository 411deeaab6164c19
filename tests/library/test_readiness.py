"""Whether requests can be served is told in time, whatever hangs."""

import asyncio
import os
import signal
import time
from threading import Event

import pytest

from mediatheque.errors import BlobsUnavailable, DatabaseUnavailable, Unavailable
from mediatheque.library import Library
from mediatheque.library.readiness import Readiness


async def works() -> None:
    """A part that works."""


async def fails() -> None:
    raise BlobsUnavailable("The disk is gone.")


async def test_ready_when_all_parts_work() -> None:
    await Readiness({DatabaseUnavailable: works, BlobsUnavailable: works}).check()


async def test_failure_is_told_beside_a_part_that_works() -> None:
    with pytest.raises(BlobsUnavailable, match="The disk is gone"):
        await Readiness({DatabaseUnavailable: works, BlobsUnavailable: fails}).check()


@pytest.mark.parametrize("kind", [DatabaseUnavailable, BlobsUnavailable])
async def test_a_part_that_hangs_is_unavailable_and_is_asked_once(kind: type[Unavailable]) -> None:
    asked, answers = 0, asyncio.Event()

    async def counts() -> None:
        nonlocal asked
        asked += 1
        await answers.wait()

    readiness = Readiness({DatabaseUnavailable: works, BlobsUnavailable: works, kind: counts}, seconds=0.05)
    for _ in range(5):
        with pytest.raises(kind):
            await readiness.check()
    assert asked == 1
    answers.set()
    await readiness.check()


async def test_the_disk_hangs(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    back = Event()
    monkeypatch.setattr("mediatheque.blobs.local.disk.check_writable", lambda *_: back.wait(60))
    begun = time.monotonic()
    try:
        with pytest.raises(BlobsUnavailable):
            await library.ready()
        assert time.monotonic() - begun < 30  # 2 s, on a machine that has time
    finally:
        back.set()


async def test_postgres_hangs(library: Library) -> None:
    await library.ready()
    async with library.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        frozen = [row["pid"] for row in await cursor.fetchall()]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await library.ready()
        assert time.monotonic() - begun < 30
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
