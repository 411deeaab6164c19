"""Promised bytes and the sweep: what is never completed goes, and what is completed meanwhile stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from mediatheque.errors import Conflict, Invalid, NotFound
from mediatheque.library import Library
from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import File, FileDefaults, Principal, Scope, Upload, UploadMethod
from tests import samples
from tests.library.ingest_requests import Content

AT_ONCE = timedelta(seconds=-60)
ANY_FILE = Policy(max_bytes=MIB, allow_unknown_types=True)


@pytest.fixture
async def principal(library: Library) -> Principal:
    return await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))


@pytest.fixture
def collector(library: Library) -> GarbageCollector:
    return GarbageCollector(library.database, library.store, AT_ONCE)


async def begun(library: Library, principal: Principal) -> tuple[Upload, dict[int, str]]:
    """An upload in two parts that have arrived, and their receipts."""
    session = await library.uploads.multipart.create(principal, "a.txt", None, FileDefaults())
    pieces = [
        await library.uploads.multipart.put_part(session.upload, number, Content(b"part %d " % number), 1000)
        for number in (2, 1)
    ]
    return session.upload, {piece.number: piece.sha256.hex() for piece in pieces}


async def sent(library: Library, principal: Principal, data: bytes) -> Upload:
    """A direct upload whose bytes have arrived."""
    announced = DeclaredFile(name="a.png", mime="image/png", size=len(data))
    session = (await library.uploads.direct.create(principal, [announced])).targets[0].session
    upload = await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.DIRECT)
    await library.uploads.direct.receive(upload, Content(data))
    return upload


async def expire(library: Library) -> None:
    async with library.database.connection() as conn:
        await conn.execute("UPDATE upload SET expires_at = now() - interval '1 hour'")


async def count(library: Library, table: str) -> int:
    async with library.database.connection() as conn:
        cursor = await conn.execute(f"SELECT count(*) AS n FROM {table}")  # type: ignore[arg-type] # our own words
        row = await cursor.fetchone()
        return int(row["n"]) if row else 0


async def content(library: Library, file: File) -> bytes:
    return b"".join([chunk async for chunk in library.store.read(file.blob.storage_key, 0, file.blob.size)])


def folders(library: Library) -> list[Path]:
    return list((library.store.spool.parent / "parts").iterdir())


async def test_completed_by_two_who_did_not_know_of_each_other(
    library: Library, principal: Principal, collector: GarbageCollector
) -> None:
    """The second notes no placement, for which the next sweep would take the bytes from under the file."""
    upload, parts = await begun(library, principal)
    first = await library.uploads.multipart.complete(upload, parts, ANY_FILE)
    assert await library.uploads.multipart.complete(upload, parts, ANY_FILE) == first
    assert await count(library, "pending_write") == 0
    await collector.run()
    assert await content(library, first) == b"part 1 part 2 "


async def test_completed_while_the_sweep_removes_it(
    library: Library, principal: Principal, collector: GarbageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time ran out while it was being joined: its bytes are a file's now."""
    upload, parts = await begun(library, principal)
    files: list[File] = []
    drop = library.store.parts.abort

    async def finish_first(key: str, handle: str) -> None:
        if not files:
            monkeypatch.setattr(library.store.parts, "abort", drop)
            files.append(await library.uploads.multipart.complete(upload, parts, ANY_FILE))
        await drop(key, handle)

    await expire(library)
    monkeypatch.setattr(library.store.parts, "abort", finish_first)
    await GarbageCollector(library.database, library.store).run()
    assert await content(library, files[0]) == b"part 1 part 2 "
    assert folders(library) == []


async def test_parts_that_nobody_completes(library: Library, principal: Principal, collector: GarbageCollector) -> None:
    """They go when their time is up; the upload is forgotten after the grace."""
    upload, parts = await begun(library, principal)
    await collector.run()
    assert len(folders(library)) == 1
    await expire(library)
    await GarbageCollector(library.database, library.store).run()
    assert folders(library) == []
    assert await count(library, "upload") == 1
    with pytest.raises((Invalid, NotFound)):
        await library.uploads.multipart.complete(upload, parts, ANY_FILE)
    assert await count(library, "file") == 0
    await collector.run()
    assert (await count(library, "upload"), await count(library, "upload_part")) == (0, 0)
    assert [stored async for stored in library.store.list_objects()] == []


async def test_bytes_that_nobody_completes(library: Library, principal: Principal) -> None:
    upload = await sent(library, principal, samples.png())
    assert len([stored async for stored in library.store.list_objects()]) == 1
    await expire(library)
    await GarbageCollector(library.database, library.store).run()
    assert [stored async for stored in library.store.list_objects()] == []
    assert upload.asset_id
    with pytest.raises(NotFound):
        await library.uploads.direct.complete(principal.workspace_id, upload.asset_id)
    await GarbageCollector(library.database, library.store, AT_ONCE).run()
    assert await count(library, "upload") == 0


async def test_bytes_that_are_an_asset_stay(
    library: Library, principal: Principal, collector: GarbageCollector
) -> None:
    upload = await sent(library, principal, samples.png())
    assert upload.asset_id
    asset = await library.uploads.direct.complete(principal.workspace_id, upload.asset_id)
    await expire(library)
    for _ in range(2):
        await collector.run()
    assert await content(library, asset.file) == samples.png()


async def test_bytes_that_come_again_are_declared_again(library: Library, principal: Principal) -> None:
    """What was asked for the bytes before them is over."""
    announced = DeclaredFile(name="a.png", mime="image/png", size=len(samples.png()))
    promised = await library.uploads.direct.create(principal, [announced], batched=True)
    assert promised.batch
    session = promised.targets[0].session
    await library.uploads.batches.request(principal.workspace_id, promised.batch.id)
    await library.uploads.direct.complete_requested(session.upload.id)
    upload = await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.DIRECT)
    assert upload.failure
    await library.uploads.direct.receive(upload, Content(samples.png()))
    now = await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.DIRECT)
    assert (now.failure, now.requested_at) == (None, None)
    with pytest.raises(Conflict):
        await library.uploads.direct.receive(upload, Content(samples.png()))
    await library.uploads.batches.request(principal.workspace_id, promised.batch.id)
    assert await count(library, "procrastinate_jobs") == 2
