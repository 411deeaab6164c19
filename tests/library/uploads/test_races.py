"""Completing an upload while its bytes are replaced, refused or collected: no row is left without its bytes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from mediatheque.errors import Conflict, Invalid, LibraryError, Unacceptable
from mediatheque.library import Library
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.state import IngestState
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import Asset, FileDefaults, Principal, Scope, Upload
from mediatheque.records.accounts import keys, workspaces
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import uploads as rows
from tests import samples
from tests.library.ingest_requests import Content, ingest_request

SUBTITLES = samples.srt()
OTHERS = SUBTITLES.replace(b"e", b"o")
AT_ONCE = timedelta(0)


@pytest.fixture
async def principal(library: Library) -> Principal:
    name, key_id = uuid4().hex, uuid4()
    async with library.database.connection() as conn:
        workspace_id, _ = await workspaces.ensure_workspace(conn, uuid4(), name)
        await keys.insert_key(
            conn, id=key_id, workspace_id=workspace_id, secret_hash=bytes(32), scopes=frozenset({Scope.WRITE})
        )
    return Principal(workspace_id=workspace_id, workspace=name, key_id=key_id, scopes=frozenset({Scope.WRITE}))


@pytest.fixture
async def sent(library: Library, principal: Principal) -> Upload:
    """A direct upload whose bytes have arrived."""
    declared = DeclaredFile(name="a.srt", mime="application/x-subrip", size=len(SUBTITLES))
    upload = (await library.uploads.direct.create(principal, [declared])).targets[0].session.upload
    await library.uploads.direct.receive(upload, Content(SUBTITLES))
    return await _reload(library, upload)


async def _reload(library: Library, upload: Upload) -> Upload:
    return await library.uploads.sessions.find(upload.workspace_id, upload.id, upload.method)


async def _complete(library: Library, upload: Upload, sha256: bytes | None = None) -> Asset:
    assert upload.asset_id
    return await library.uploads.direct.complete(upload.workspace_id, upload.asset_id, sha256)


async def _complete_during(library: Library, upload: Upload, event: Callable[[], Awaitable[object]]) -> Asset:
    """Complete the upload. The event happens after all checks, before the rows are written."""

    async def pause(_: IngestState) -> None:
        library.ingest.steps = steps
        await event()

    steps = library.ingest.steps
    library.ingest.steps = (*steps[:-1], pause, steps[-1])
    return await _complete(library, upload)


async def _expect_whole(library: Library, asset: Asset, content: bytes) -> None:
    blob = asset.file.blob
    pieces = [piece async for piece in library.store.read(blob.storage_key, 0, blob.size)]
    assert b"".join(pieces) == content


async def _stored(library: Library) -> int:
    return len([stored async for stored in library.store.list_objects()])


async def test_bytes_replaced_during_completion(library: Library, sent: Upload) -> None:
    with pytest.raises(LibraryError):
        await _complete_during(library, sent, lambda: library.uploads.direct.receive(sent, Content(OTHERS)))
    await _expect_whole(library, await _complete(library, sent), OTHERS)
    assert await _stored(library) == 1


async def test_the_same_bytes_sent_again_do_not_disturb_completion(library: Library, sent: Upload) -> None:
    asset = await _complete_during(library, sent, lambda: library.uploads.direct.receive(sent, Content(SUBTITLES)))
    await _expect_whole(library, asset, SUBTITLES)
    assert await _stored(library) == 1


async def test_concurrent_requests_may_send_the_same_bytes(library: Library, principal: Principal) -> None:
    """Each has found the upload without bytes, as a request and its repetition after a lost connection do."""
    declared = DeclaredFile(name="a.srt", mime="application/x-subrip", size=len(SUBTITLES))
    upload = (await library.uploads.direct.create(principal, [declared])).targets[0].session.upload
    await asyncio.gather(*(library.uploads.direct.receive(upload, Content(SUBTITLES)) for _ in range(3)))
    with pytest.raises(Conflict):
        await library.uploads.direct.receive(upload, Content(OTHERS))
    await _expect_whole(library, await _complete(library, upload), SUBTITLES)
    assert await _stored(library) == 1


async def test_bytes_refused_by_a_concurrent_request_during_completion(library: Library, sent: Upload) -> None:
    async def refuse() -> None:
        with pytest.raises(Unacceptable):
            await _complete(library, sent, bytes(32))

    with pytest.raises(LibraryError):
        await _complete_during(library, sent, refuse)
    await library.uploads.direct.receive(await _reload(library, sent), Content(SUBTITLES))
    await _expect_whole(library, await _complete(library, sent), SUBTITLES)


async def test_upload_collected_during_completion(library: Library, sent: Upload) -> None:
    async def expire_and_collect() -> None:
        async with library.database.connection() as conn:
            await conn.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
        await GarbageCollector(library.database, library.store).run()

    with pytest.raises(LibraryError):
        await _complete_during(library, sent, expire_and_collect)
    assert await _stored(library) == 0


async def test_upload_completed_just_before_collection_keeps_its_bytes(library: Library, sent: Upload) -> None:
    """The upload was listed as expired and then completed: its bytes are kept."""
    async with library.database.connection() as conn:
        await conn.execute("UPDATE upload SET expires_at = now() + interval '0.2 seconds'")
    asset = await _complete(library, sent)
    await asyncio.sleep(0.3)
    for _ in range(2):
        await GarbageCollector(library.database, library.store, AT_ONCE).run()
    await _expect_whole(library, asset, SUBTITLES)


async def test_wrong_checksum_after_completion_is_refused(library: Library, sent: Upload) -> None:
    asset = await _complete(library, sent)
    with pytest.raises(LibraryError):
        await _complete(library, sent, bytes(32))
    assert await _complete(library, sent, asset.file.blob.sha256) == asset
    await _expect_whole(library, asset, SUBTITLES)


async def test_upload_whose_asset_has_other_content_by_now_is_complete(library: Library, sent: Upload) -> None:
    """A client that has lost an answer repeats it: the bytes that it sent are those of the version."""
    asset = await _complete(library, sent)
    after = await library.replacements.replace(sent.workspace_id, asset.id, Content(OTHERS), max_bytes=1 << 20)
    assert await _complete(library, sent, asset.file.blob.sha256) == after
    with pytest.raises(Invalid):
        await _complete(library, sent, after.file.blob.sha256)
    completed = await _reload(library, sent)
    await library.uploads.direct.receive(completed, Content(SUBTITLES))
    with pytest.raises(Conflict):
        await library.uploads.direct.receive(completed, Content(OTHERS))


async def test_bytes_of_a_blob_are_never_deleted(library: Library, principal: Principal) -> None:
    asset = await library.ingest.create_asset(ingest_request(principal.workspace_id, samples.srt()))
    async with library.database.connection() as conn:
        await pending_writes.mark_for_deletion(conn, [asset.file.blob.storage_key])
    await GarbageCollector(library.database, library.store, AT_ONCE).run()
    await _expect_whole(library, asset, samples.srt())


async def test_multipart_upload_created_just_before_a_crash_is_aborted(
    library: Library, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(rows, "set_multipart_id", crash)
    with pytest.raises(asyncio.CancelledError):
        await library.uploads.multipart.create(principal, "a.bin", None, FileDefaults())
    folder = library.store.spool.parent / "parts"
    assert len(list(folder.iterdir())) == 1
    async with library.database.connection() as conn:
        await conn.execute("UPDATE upload SET expires_at = now() - interval '1 second'")
    await GarbageCollector(library.database, library.store).run()
    assert not list(folder.iterdir())


async def test_part_lost_by_the_store_can_be_sent_again(library: Library, principal: Principal) -> None:
    session = await library.uploads.multipart.create(principal, "a.bin", None, FileDefaults())
    upload, content, etags = session.upload, b"\0some bytes", {1: hashlib.sha256(b"\0some bytes").hexdigest()}
    anything = Policy(max_bytes=100, allow_unknown_types=True)
    await library.uploads.multipart.put_part(upload, 1, Content(content), 100)
    assert upload.storage_key
    (library.store.spool.parent / "parts" / upload.storage_key / "slots").write_bytes(b"")
    with pytest.raises(Invalid):
        await library.uploads.multipart.complete(upload, etags, anything)
    await library.uploads.multipart.put_part(upload, 1, Content(content), 100)
    file = await library.uploads.multipart.complete(upload, {1: f'W/"{etags[1]}"'}, anything)
    assert file.blob.size == len(content)


async def test_batch_item_completed_too_early_is_not_refused(library: Library, principal: Principal) -> None:
    declared = DeclaredFile(name="a.srt", mime="application/x-subrip", size=len(SUBTITLES))
    upload = (await library.uploads.direct.create(principal, [declared], batched=True)).targets[0].session.upload
    await library.uploads.direct.complete_requested(upload.id)
    with pytest.raises(Conflict):
        await _complete(library, upload)
    await library.uploads.direct.receive(await _reload(library, upload), Content(SUBTITLES))
    await _expect_whole(library, await _complete(library, upload), SUBTITLES)
