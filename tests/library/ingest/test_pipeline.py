"""The steps of the pipeline, with a real database, disk and sandbox."""

import asyncio
import hashlib
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from mediatheque.errors import DatabaseUnavailable, InvariantError, LibraryError, NotFound
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.request import ByteSink
from mediatheque.library.ingest.state import IngestState
from mediatheque.model import DeclaredMetadata, FileDefaults, Filter, Principal, Scope
from mediatheque.records.storage import blobs
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.postgres import end_sessions


async def _principal(library: Library, name: str) -> Principal:
    return await library.accounts.authenticate(await library.accounts.create_key(name, frozenset(Scope)))


async def _keys(library: Library) -> set[str]:
    return {stored.key async for stored in library.store.list_objects()}


async def test_same_content_is_one_blob_and_two_assets(library: Library, workspace: UUID) -> None:
    first = await library.ingest.create_asset(ingest_request(workspace, samples.png(), name="a.png"))
    second = await library.ingest.create_asset(ingest_request(workspace, samples.png(), name="b.png"))
    assert first.id != second.id
    assert first.file.blob == second.file.blob
    assert await _keys(library) == {first.file.blob.storage_key}


async def test_workspaces_share_no_blobs_or_assets(library: Library, workspace: UUID) -> None:
    other = (await _principal(library, "two")).workspace_id
    mine = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    theirs = await library.ingest.create_asset(ingest_request(other, samples.png()))
    assert mine.file.blob.id != theirs.file.blob.id
    assert await _keys(library) == {mine.file.blob.storage_key, theirs.file.blob.storage_key}
    with pytest.raises(NotFound):
        await library.catalog.assets.get(workspace, theirs.id)
    with pytest.raises(NotFound):
        await library.catalog.assets.delete(workspace, theirs.id)


async def test_concurrent_uploads_of_the_same_content_share_one_blob(library: Library, workspace: UUID) -> None:
    assets = await asyncio.gather(
        *(library.ingest.create_asset(ingest_request(workspace, samples.jpeg(), name=f"{n}.jpg")) for n in range(12))
    )
    assert len({asset.id for asset in assets}) == 12
    assert len({asset.file.blob.id for asset in assets}) == 1
    assert await _keys(library) == {assets[0].file.blob.storage_key}


async def test_missing_bytes_are_replaced_by_the_next_upload(library: Library, workspace: UUID) -> None:
    lost = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    await library.store.delete(lost.file.blob.storage_key)
    healed = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    assert healed.file.blob.id == lost.file.blob.id
    again = await library.catalog.assets.get(workspace, lost.id)
    assert await library.store.size(again.file.blob.storage_key) == len(samples.png())


async def test_truncated_bytes_are_replaced_and_collected(library: Library, workspace: UUID) -> None:
    cut = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    library.store.local_path(cut.file.blob.storage_key).write_bytes(samples.png()[:9])  # type: ignore[union-attr]
    healed = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    assert await _keys(library) == {cut.file.blob.storage_key, healed.file.blob.storage_key}
    await library.maintenance.garbage.run()
    assert await _keys(library) == {healed.file.blob.storage_key}


async def test_bytes_are_stored_when_the_duplicate_is_collected_meanwhile(library: Library, workspace: UUID) -> None:
    first = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    await library.catalog.assets.delete(workspace, first.id)
    collect = library.maintenance.garbage.__class__(
        library.database, library.store, grace=-library.maintenance.garbage._grace
    )

    async def collected_meanwhile(state) -> None:  # type: ignore[no-untyped-def]
        assert state.duplicate is not None
        await collect.run()

    steps = list(library.ingest.steps)
    steps.insert(steps.index(library.ingest.store_blob), collected_meanwhile)
    library.ingest.steps = tuple(steps)
    second = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    assert await library.store.size(second.file.blob.storage_key) == len(samples.png())
    assert await _keys(library) == {second.file.blob.storage_key}


@pytest.mark.parametrize("step", ["receive", "sniff", "check_policy", "probe", "deduplicate", "store_blob", "record"])
async def test_refusal_at_any_step_stores_nothing(library: Library, workspace: UUID, step: str) -> None:
    async def refuse(_) -> None:  # type: ignore[no-untyped-def]
        raise NotFound

    steps = [refuse if s.__name__ == step else s for s in library.ingest.steps]
    library.ingest.steps = tuple(steps)
    with pytest.raises(NotFound):
        await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    await _expect_nothing(library, workspace, samples.png())


async def test_unknown_tags_and_collections_store_nothing(library: Library, workspace: UUID) -> None:
    other = (await _principal(library, "two")).workspace_id
    foreign = await library.catalog.tags.create(other, "theirs")
    for details in (
        AssetFields(tag_ids=(uuid4(),)),
        AssetFields(tag_ids=(foreign.id,)),
        AssetFields(collection_id=uuid4()),
        AssetFields(collection_id=(await library.collections.collections.create(other, "theirs")).id),
    ):
        with pytest.raises(NotFound):
            await library.ingest.create_asset(ingest_request(workspace, samples.png(), details=details))
        await _expect_nothing(library, workspace, samples.png())


@pytest.mark.parametrize("name", sorted(samples.REFUSED))
async def test_malicious_files_store_nothing(library: Library, workspace: UUID, name: str) -> None:
    data = samples.REFUSED[name]()
    with pytest.raises(LibraryError):
        await library.ingest.create_asset(ingest_request(workspace, data))
    await _expect_nothing(library, workspace, data)


async def test_asset_gets_its_tags_and_collection(library: Library, workspace: UUID) -> None:
    tag = await library.catalog.tags.create(workspace, "mood")
    collection = await library.collections.collections.create(workspace, "board")
    details = AssetFields(caption="sea", favorite=True, tag_ids=(tag.id, tag.id), collection_id=collection.id)
    taken = await library.ingest.create_asset(ingest_request(workspace, samples.png(), details=details))
    assert taken.tags == (tag,)
    assert taken.collection_ids == (collection.id,)
    assert taken == await library.catalog.assets.get(workspace, taken.id)


async def test_registering_a_file_again_updates_its_asset(library: Library, workspace: UUID) -> None:
    tag = await library.catalog.tags.create(workspace, "mood")
    first = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    second = await library.catalog.files.register(first.file, AssetFields(caption="sea", tag_ids=(tag.id,)))
    third = await library.catalog.files.register(first.file, AssetFields(caption="land", favorite=True))
    assert first.id == second.id == third.id
    assert (third.caption, third.is_favorite, third.tags) == ("sea", True, (tag,))


async def _expect_nothing(library: Library, workspace: UUID, data: bytes) -> None:
    spool: Path = library.store.spool
    assert not [path for path in spool.iterdir() if path.is_file()]
    async with library.database.connection() as conn:
        assert await blobs.find(conn, workspace, hashlib.sha256(data).digest(), len(data)) is None
    assert await _keys(library) == set()


async def test_upload_is_kept_when_every_connection_dies_while_its_body_arrives(
    library: Library, workspace: UUID, database_url: str
) -> None:
    request = ingest_request(workspace, samples.png())
    stream_to = request.body.stream_to  # type: ignore[union-attr]

    async def stream_and_end_sessions(sink: ByteSink) -> DeclaredMetadata:
        async with library.database.connection() as one, library.database.connection() as another:
            await one.execute("SELECT 1")
            await another.execute("SELECT 1")
        end_sessions(database_url)
        return await stream_to(sink)

    request.body.stream_to = stream_and_end_sessions  # type: ignore[union-attr,method-assign]
    asset = await library.ingest.create_asset(request)
    assert await library.store.size(asset.file.blob.storage_key) == len(samples.png())


@pytest.mark.parametrize("commits", [True, False], ids=["committed", "lost"])
async def test_upload_whose_answer_from_the_database_is_lost_is_stored_once(
    library: Library, workspace: UUID, commits: bool
) -> None:
    """Whether the statement was committed cannot be known, so it is repeated."""
    record = library.ingest.record
    calls = 0

    async def record_and_lose_the_answer(state: IngestState) -> None:
        nonlocal calls
        calls += 1
        if calls > 1 or commits:
            await record(state)
        if calls == 1:
            library.database.availability.suspect()
            raise DatabaseUnavailable

    library.ingest.steps = (*library.ingest.steps[:-1], record_and_lose_the_answer)
    request = msgspec.structs.replace(
        ingest_request(workspace, samples.png()), defaults=FileDefaults(lifetime_seconds=3600)
    )
    asset = await library.ingest.create_asset(request)
    assert calls == 2
    assert await library.catalog.assets.get(workspace, asset.id) == asset
    assert await library.catalog.assets.count(workspace, Filter()) == 1
    assert await _keys(library) == {asset.file.blob.storage_key}
    async with library.database.connection() as conn:
        cursor = await conn.execute(
            "SELECT (SELECT count(*) FROM pending_write WHERE storage_key = %s) AS writes,"
            " (SELECT count(*) FROM procrastinate_jobs) AS tasks, (SELECT count(*) FROM blob) AS blobs",
            (asset.file.blob.storage_key,),
        )
        assert await cursor.fetchone() == {"writes": 0, "tasks": 1, "blobs": 1}


async def test_repetition_waits_for_the_first_statement(library: Library, workspace: UUID) -> None:
    """The first one may still run when the connection to it was lost. The second one finds what it has committed."""
    deduplicate = library.ingest.deduplicate
    states: list[IngestState] = []

    async def keep(state: IngestState) -> None:
        states.append(state)
        await deduplicate(state)

    library.ingest.steps = tuple(keep if s.__name__ == "deduplicate" else s for s in library.ingest.steps[:-1])
    with pytest.raises(InvariantError):  # nothing was recorded
        await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    (state,) = states
    await asyncio.gather(*(library.ingest.record(state) for _ in range(6)))
    assert await library.catalog.assets.count(workspace, Filter()) == 1
    assert state.asset == await library.catalog.assets.get(workspace, state.asset_id)


async def test_rows_are_written_again_after_a_deadlock(library: Library, workspace: UUID, database_url: str) -> None:
    async with library.database.connection() as connection:
        await connection.execute(
            "CREATE SEQUENCE attempts; CREATE FUNCTION first_fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF nextval('attempts') = 1 THEN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END IF;"
            " RETURN NEW; END $$;"
            "CREATE TRIGGER first_fails BEFORE INSERT ON asset FOR EACH ROW EXECUTE FUNCTION first_fails()"
        )
    asset = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    assert await _keys(library) == {asset.file.blob.storage_key}
