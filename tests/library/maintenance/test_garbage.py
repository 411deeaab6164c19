"""What the sweep removes, and what it must leave alone."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.library import Library
from mediatheque.library.maintenance.garbage import Collected, GarbageCollector
from mediatheque.model import Principal, Scope, UploadMethod
from mediatheque.records.storage import blobs, pending_writes
from tests import samples
from tests.library.ingest_requests import ingest_request

AT_ONCE = timedelta(seconds=-60)


@pytest.fixture
async def principal(library: Library) -> Principal:
    return await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))


@pytest.fixture
def collector(library: Library) -> GarbageCollector:
    return GarbageCollector(library.database, library.store, AT_ONCE)


async def _keys(library: Library) -> set[str]:
    return {stored.key async for stored in library.store.list_objects()}


async def test_unknown_bytes_are_kept(library: Library, collector: GarbageCollector, tmp_path: Path) -> None:
    """A store that is full of another library's blobs, or of ours before a restored backup, loses nothing."""
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"somebody else's")
    key = await library.store.put_file(foreign)
    assert await collector.run() == Collected()
    assert await _keys(library) == {key}


async def test_bytes_of_a_crashed_upload_are_deleted_after_the_grace_period(
    library: Library, collector: GarbageCollector, principal: Principal
) -> None:
    await _crash_after_place(library, principal.workspace_id)
    assert len(await _keys(library)) == 1
    assert await library.maintenance.garbage.run() == Collected()
    assert len(await _keys(library)) == 1
    assert (await collector.run()).storage_keys == 1
    assert await _keys(library) == set()
    assert await collector.run() == Collected()


async def test_upload_fails_when_its_pending_write_was_marked(
    library: Library, collector: GarbageCollector, principal: Principal
) -> None:
    async def swept_meanwhile(_) -> None:  # type: ignore[no-untyped-def]
        await collector.run()

    steps = list(library.ingest.steps)
    steps.insert(steps.index(library.ingest.record), swept_meanwhile)
    library.ingest.steps = tuple(steps)
    with pytest.raises(BlobsUnavailable):
        await library.ingest.create_asset(ingest_request(principal.workspace_id, samples.png()))
    assert await _keys(library) == set()


async def test_interrupted_deletion_is_finished_by_the_next_round(
    library: Library, collector: GarbageCollector, principal: Principal
) -> None:
    asset = await library.ingest.create_asset(ingest_request(principal.workspace_id, samples.png()))
    await library.catalog.assets.delete(principal.workspace_id, asset.id)
    async with library.database.transaction() as conn:
        assert await blobs.collect(conn, AT_ONCE, 10) == 1
        assert await pending_writes.list_marked(conn, 10) == [asset.file.blob.storage_key]
    assert (await collector.run()).storage_keys == 1
    assert await _keys(library) == set()


async def test_stored_file_leaves_no_pending_write(
    library: Library, collector: GarbageCollector, principal: Principal
) -> None:
    asset = await library.ingest.create_asset(ingest_request(principal.workspace_id, samples.png()))
    assert await collector.run() == Collected()
    assert await _keys(library) == {asset.file.blob.storage_key}


async def test_uploads_of_a_revoked_key_are_deleted(library: Library, principal: Principal) -> None:
    session = await library.uploads.sessions.create(principal, "a.png", "image/png")
    assert (
        await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.SINGLE)
        == session.upload
    )
    await library.accounts.revoke(principal.key_id)
    with pytest.raises(NotFound):
        await library.uploads.sessions.authorize_token(session.upload.id, session.token, UploadMethod.SINGLE)


async def _crash_after_place(library: Library, workspace_id: UUID) -> None:
    async def crash(_) -> None:  # type: ignore[no-untyped-def]
        raise _Crash

    steps = library.ingest.steps
    library.ingest.steps = (*steps[:-1], crash)
    with pytest.raises(_Crash):
        await library.ingest.create_asset(ingest_request(workspace_id, samples.png()))
    library.ingest.steps = steps


class _Crash(BaseException):
    """No error of the library: nothing is tidied up after it."""
