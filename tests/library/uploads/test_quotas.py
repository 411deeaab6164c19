"""Uploads of several requests are refused at the quota at every step, and nothing of them stays."""

import pytest

from mediatheque.errors import QuotaExceeded
from mediatheque.library import Library
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.uploads.batches import UploadState, state_of
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import FileDefaults, Principal, Quota, Scope, Stored, Upload
from tests import samples
from tests.library.accounts.test_quotas import forget_quota, keys_in_store, miscounted, stored, take
from tests.library.ingest_requests import Content

SUBTITLES = samples.srt()
SIZE = len(SUBTITLES)
DECLARED = DeclaredFile(name="a.srt", mime="application/x-subrip", size=SIZE)
ANYTHING = Policy(max_bytes=1 << 20, allow_unknown_types=True)


@pytest.fixture
async def principal(library: Library) -> Principal:
    return await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))


async def limit(library: Library, principal: Principal, *, size: int | None = None, assets: int | None = None) -> None:
    await library.accounts.quotas.set(principal.workspace_id, Quota(max_bytes=size, max_assets=assets))


async def test_no_upload_is_begun_without_room(library: Library, principal: Principal) -> None:
    uploads = library.uploads
    await limit(library, principal, size=2 * SIZE - 1)
    with pytest.raises(QuotaExceeded):
        await uploads.direct.create(principal, [DECLARED, DECLARED], batched=True)
    await uploads.direct.create(principal, [DECLARED])
    await limit(library, principal, assets=1)
    with pytest.raises(QuotaExceeded):
        await uploads.direct.create(principal, [DECLARED, DECLARED])
    await limit(library, principal, size=0)
    for begin in (
        uploads.sessions.create(principal, "a", None),
        uploads.multipart.create(principal, "a", None, FileDefaults()),
        uploads.direct.create(principal, [DECLARED]),
    ):
        with pytest.raises(QuotaExceeded):
            await begin
    async with library.database.connection() as conn:
        row = await (await conn.execute("SELECT count(*) AS uploads FROM upload")).fetchone()
    assert row == {"uploads": 1}


async def test_parts_of_all_uploads_fit_beside_what_is_stored(library: Library, principal: Principal) -> None:
    await take(library, principal.workspace_id)
    size = (await stored(library, principal.workspace_id)).bytes
    await limit(library, principal, size=size + 10)
    multipart = library.uploads.multipart
    first, second = [(await multipart.create(principal, "a", None, FileDefaults())).upload for _ in range(2)]
    await multipart.put_part(first, 1, Content(bytes(6)), 1000)
    await multipart.put_part(first, 1, Content(bytes(7)), 1000)  # it replaces the other one
    with pytest.raises(QuotaExceeded):
        await multipart.put_part(second, 1, Content(bytes(4)), 1000)
    await multipart.put_part(second, 1, Content(bytes(3)), 1000)


async def test_a_multipart_upload_beyond_the_quota_is_over(library: Library, principal: Principal) -> None:
    multipart = library.uploads.multipart
    upload = (await multipart.create(principal, "a", None, FileDefaults())).upload
    part = await multipart.put_part(upload, 1, Content(bytes(100)), 1000)
    await limit(library, principal, size=99)
    for _ in range(2):
        with pytest.raises(QuotaExceeded) as refused:
            await multipart.complete(await reload(library, upload), {1: part.sha256.hex()}, ANYTHING)
        assert (refused.value.limit, refused.value.counted) == (99, "bytes")
    assert await keys_in_store(library) == 0
    assert await stored(library, principal.workspace_id) == Stored()
    assert await miscounted(library) == []


async def test_a_direct_upload_may_be_sent_again_when_there_is_room(library: Library, principal: Principal) -> None:
    direct = library.uploads.direct
    upload = (await direct.create(principal, [DECLARED])).targets[0].session.upload
    assert upload.asset_id
    await direct.receive(upload, Content(SUBTITLES))
    await limit(library, principal, size=SIZE - 1)
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await direct.complete(upload.workspace_id, upload.asset_id)
    with pytest.raises(QuotaExceeded):
        await direct.receive(await reload(library, upload), Content(SUBTITLES))
    assert await keys_in_store(library) == 0
    await limit(library, principal, size=SIZE)
    await direct.receive(await reload(library, upload), Content(SUBTITLES))
    await direct.complete(upload.workspace_id, upload.asset_id)
    assert await stored(library, principal.workspace_id) == Stored(bytes=SIZE, assets=1)


async def test_an_item_of_a_batch_fails_at_the_quota(library: Library, principal: Principal) -> None:
    created = await library.uploads.direct.create(principal, [DECLARED, DECLARED], batched=True)
    assert created.batch
    for target in created.targets:
        await library.uploads.direct.receive(target.session.upload, Content(SUBTITLES))
    await limit(library, principal, assets=1)
    forget_quota(library, principal.workspace_id)
    await library.uploads.batches.request_completion(principal.workspace_id, created.batch.id)
    for target in created.targets:
        await library.uploads.direct.complete_requested(target.session.upload.id)
    progress = await library.uploads.batches.progress(principal.workspace_id, created.batch.id)
    assert [state_of(item) for item in progress.items] == [UploadState.COMPLETED, UploadState.FAILED]
    assert progress.items[1].failure == "quota_exceeded:1:assets"
    assert await stored(library, principal.workspace_id) == Stored(bytes=SIZE, assets=1)


async def reload(library: Library, upload: Upload) -> Upload:
    return await library.uploads.sessions.find(upload.workspace_id, upload.id, upload.method)
