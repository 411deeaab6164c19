"""Uploads and garbage collection: expired uploads are deleted, those completed meanwhile keep their bytes."""

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


async def multipart(library: Library, principal: Principal) -> tuple[Upload, dict[int, str]]:
    """Create an upload with two parts, and return it with their ETags."""
    session = await library.uploads.multipart.create(principal, "a.txt", None, FileDefaults())
    parts = [
        await library.uploads.multipart.put_part(session.upload, number, Content(b"part %d " % number), 1000)
        for number in (2, 1)
    ]
    return session.upload, {part.number: part.sha256.hex() for part in parts}


async def sent(library: Library, principal: Principal, data: bytes) -> Upload:
    """A direct upload whose bytes have arrived."""
    declared = DeclaredFile(name="a.png", mime="image/png", size=len(data))
    session = (await library.uploads.direct.create(principal, [declared])).targets[0].session
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


async def test_second_completion_leaves_no_pending_write(
    library: Library, principal: Principal, collector: GarbageCollector
) -> None:
    """A pending write would make the next collection delete the bytes of the file."""
    upload, parts = await multipart(library, principal)
    first = await library.uploads.multipart.complete(upload, parts, ANY_FILE)
    assert await library.uploads.multipart.complete(upload, parts, ANY_FILE) == first
    assert await count(library, "pending_write") == 0
    await collector.run()
    assert await content(library, first) == b"part 1 part 2 "


async def test_upload_completed_during_garbage_collection_keeps_its_bytes(
    library: Library, principal: Principal, collector: GarbageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload expired while its parts were being joined: the bytes belong to a file."""
    upload, parts = await multipart(library, principal)
    files: list[File] = []
    abort = library.store.parts.abort

    async def finish_first(key: str, multipart_id: str) -> None:
        if not files:
            monkeypatch.setattr(library.store.parts, "abort", abort)
            files.append(await library.uploads.multipart.complete(upload, parts, ANY_FILE))
        await abort(key, multipart_id)

    await expire(library)
    monkeypatch.setattr(library.store.parts, "abort", finish_first)
    await GarbageCollector(library.database, library.store).run()
    assert await content(library, files[0]) == b"part 1 part 2 "
    assert folders(library) == []


async def test_expired_parts_are_deleted(library: Library, principal: Principal, collector: GarbageCollector) -> None:
    """The parts are deleted when they expire, the upload after the grace period."""
    upload, parts = await multipart(library, principal)
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


async def test_expired_direct_upload_is_deleted(library: Library, principal: Principal) -> None:
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


async def test_bytes_of_a_completed_upload_are_kept(
    library: Library, principal: Principal, collector: GarbageCollector
) -> None:
    upload = await sent(library, principal, samples.png())
    assert upload.asset_id
    asset = await library.uploads.direct.complete(principal.workspace_id, upload.asset_id)
    await expire(library)
    for _ in range(2):
        await collector.run()
    assert await content(library, asset.file) == samples.png()


async def test_replaced_bytes_clear_the_request_to_complete(library: Library, principal: Principal) -> None:
    """The client must declare the new bytes complete again."""
    declared = DeclaredFile(name="a.png", mime="image/png", size=len(samples.png()))
    created = await library.uploads.direct.create(principal, [declared], batched=True)
    assert created.batch
    session = created.targets[0].session
    await library.uploads.batches.request_completion(principal.workspace_id, created.batch.id)
    await library.uploads.direct.complete_requested(session.upload.id)
    upload = await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.DIRECT)
    assert upload.failure
    await library.uploads.direct.receive(upload, Content(samples.png()))
    now = await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.DIRECT)
    assert (now.failure, now.requested_at) == (None, None)
    with pytest.raises(Conflict):
        await library.uploads.direct.receive(upload, Content(bytes(len(samples.png()))))
    await library.uploads.batches.request_completion(principal.workspace_id, created.batch.id)
    assert await count(library, "procrastinate_jobs") == 2
