"""The trash: out of every read, back as it was, and gone when its time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from mediatheque.errors import AssetNotFound, Conflict, NotFound
from mediatheque.library import Library
from mediatheque.library.catalog import trash as verbs
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.model import Asset, AssetRef, Cursor, Filter
from tests import samples
from tests.library.ingest_requests import ingest_request

AT_ONCE = timedelta(seconds=-60)


async def take(library: Library, workspace: UUID, data: bytes | None = None, **fields: object) -> Asset:
    details = AssetFields(**fields)  # type: ignore[arg-type]
    return await library.ingest.create_asset(ingest_request(workspace, data or samples.png(), details=details))


async def rows(library: Library, query: str) -> list[dict[str, object]]:
    async with library.database.connection() as conn:
        return await (await conn.execute(query.encode())).fetchall()


async def test_asset_returns_as_it_was(library: Library, workspace: UUID) -> None:
    tags = [await library.catalog.tags.create(workspace, name) for name in ("bear", "autumn")]
    asset = await take(library, workspace, title="Bear", tag_ids=tuple(tag.id for tag in tags), favorite=True)
    await library.catalog.trash.move(workspace, asset.id)
    [shown], more = await library.catalog.trash.page(workspace, None, 10)
    assert shown.trashed_at is not None
    assert not more
    assert shown.tags == asset.tags
    assert library.catalog.trash.purge_at(shown) == shown.trashed_at + timedelta(days=30)
    restored = await library.catalog.trash.restore(workspace, asset.id)
    assert msgspec.structs.replace(restored, updated_at=None) == msgspec.structs.replace(asset, updated_at=None)
    assert await library.catalog.trash.page(workspace, None, 10) == ([], False)


async def test_deleted_tags_and_collections_are_not_restored(library: Library, workspace: UUID) -> None:
    kept, gone = [await library.catalog.tags.create(workspace, name) for name in ("kept", "gone")]
    asset = await take(library, workspace, tag_ids=(kept.id, gone.id))
    await library.catalog.trash.move(workspace, asset.id)
    await library.catalog.tags.delete(workspace, gone.id)
    [shown], _ = await library.catalog.trash.page(workspace, None, 10)
    assert shown.tags == (kept,)
    assert (await library.catalog.trash.restore(workspace, asset.id)).tags == (kept,)


async def test_trash_is_the_latest_first_and_has_pages(library: Library, workspace: UUID) -> None:
    assets = [await take(library, workspace) for _ in range(3)]
    for asset in assets:
        await library.catalog.trash.move(workspace, asset.id)
    first, more = await library.catalog.trash.page(workspace, None, 2)
    assert [asset.id for asset in first] == [assets[2].id, assets[1].id]
    assert more
    assert first[-1].trashed_at
    after = Cursor(first[-1].trashed_at, first[-1].id)
    second, more = await library.catalog.trash.page(workspace, after, 2)
    assert ([asset.id for asset in second], more) == ([assets[0].id], False)


@pytest.mark.parametrize("verb", ["restore", "purge"])
async def test_only_what_is_in_the_trash_is_restored_or_purged(library: Library, workspace: UUID, verb: str) -> None:
    asset, trash = await take(library, workspace), library.catalog.trash
    for id in (asset.id, uuid4()):
        with pytest.raises(AssetNotFound):
            await getattr(trash, verb)(workspace, id)
    await trash.move(workspace, asset.id)
    with pytest.raises(AssetNotFound):
        await getattr(trash, verb)(uuid4(), asset.id)
    with pytest.raises(AssetNotFound):
        await trash.move(workspace, asset.id)
    await getattr(trash, verb)(workspace, asset.id)
    with pytest.raises(AssetNotFound):
        await getattr(trash, verb)(workspace, asset.id)


async def test_vendors_deletion_does_not_see_the_trash(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.catalog.trash.move(workspace, asset.id)
    with pytest.raises(AssetNotFound):
        await library.catalog.assets.delete(workspace, asset.id)
    assert (await library.catalog.trash.restore(workspace, asset.id)).id == asset.id


async def test_content_of_a_trashed_asset_can_be_uploaded_again(library: Library, workspace: UUID) -> None:
    data = samples.png(seed=1)
    former = await take(library, workspace, data)
    await library.catalog.trash.move(workspace, former.id)
    again = await take(library, workspace, data)
    assert again.id != former.id
    assert again.file.blob.id == former.file.blob.id
    await library.catalog.trash.purge(workspace, former.id)
    await GarbageCollector(library.database, library.store, AT_ONCE).run()
    assert await library.store.size(again.file.blob.storage_key) == len(data)


async def test_last_file_of_purged_bytes_leaves_none(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.catalog.trash.move(workspace, asset.id)
    await GarbageCollector(library.database, library.store, AT_ONCE).run()
    assert await library.store.size(asset.file.blob.storage_key) is not None
    await library.catalog.trash.purge(workspace, asset.id)
    await GarbageCollector(library.database, library.store, AT_ONCE).run()
    assert await library.store.size(asset.file.blob.storage_key) is None
    assert await rows(library, "SELECT id FROM file UNION SELECT id FROM asset UNION SELECT id FROM blob") == []


async def test_trash_is_emptied_a_part_at_a_time(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "MAX_EMPTIED", 2)
    assets = [await take(library, workspace) for _ in range(3)]
    kept = await take(library, workspace)
    for asset in assets:
        await library.catalog.trash.move(workspace, asset.id)
    first = await library.catalog.trash.empty(workspace)
    assert (set(first.file_ids), first.more) == ({asset.file.id for asset in assets[:2]}, True)
    assert await library.catalog.trash.empty(workspace) == verbs.Emptied((assets[2].file.id,), more=False)
    assert await library.catalog.trash.empty(workspace) == verbs.Emptied((), more=False)
    assert await library.catalog.assets.get(workspace, kept.id)


async def test_what_was_in_the_trash_for_its_time_is_purged(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediatheque.library.maintenance.garbage._BATCH", 2)
    old, new = [await take(library, workspace) for _ in range(5)], await take(library, workspace)
    for asset in (*old, new):
        await library.catalog.trash.move(workspace, asset.id)
    ids = ", ".join(f"'{asset.id}'" for asset in old)
    async with library.database.connection() as conn:
        for table, column in (("asset", "id"), ("file", "(SELECT a.id FROM asset a WHERE a.file_id = file.id)")):
            await conn.execute(
                f"UPDATE {table} SET trashed_at = trashed_at - interval '31 days' WHERE {column} IN ({ids})".encode()
            )
    assert (await library.maintenance.garbage.run()).trashed == 5
    assert [asset.id for asset in (await library.catalog.trash.page(workspace, None, 10))[0]] == [new.id]


async def test_without_a_time_in_the_trash_assets_are_deleted_at_once(library: Library, workspace: UUID) -> None:
    direct = Library(library.database, library.store, library.sandbox, trash_time=timedelta(0))
    asset = await take(library, workspace)
    assert await direct.catalog.trash.move(workspace, asset.id) == (asset.file.id,)
    assert await direct.catalog.trash.page(workspace, None, 10) == ([], False)
    assert await rows(library, "SELECT id FROM file") == []


async def test_file_whose_url_was_imported_again_forgets_it(library: Library, workspace: UUID) -> None:
    url = "https://example.com/bear.png"

    async def take_url() -> Asset:
        return await library.ingest.create_asset(
            msgspec.structs.replace(ingest_request(workspace, samples.png()), origin_url=url)
        )

    former = await take_url()
    await library.catalog.trash.move(workspace, former.id)
    assert await library.catalog.files.find_by_origin(workspace, url) is None
    again = await take_url()
    assert (await library.catalog.trash.restore(workspace, former.id)).file.origin_url is None
    found = await library.catalog.files.find_by_origin(workspace, url)
    assert found == again.file


async def test_restored_asset_without_vectors_is_embedded(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.catalog.trash.move(workspace, asset.id)
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM procrastinate_jobs")
    await library.catalog.trash.restore(workspace, asset.id)
    [job] = await rows(library, "SELECT task_name, args FROM procrastinate_jobs")
    assert job == {"task_name": "embed_asset", "args": {"asset_id": str(asset.id)}}


async def test_tag_added_while_the_asset_is_trashed_is_refused_or_kept(library: Library, workspace: UUID) -> None:
    """Whoever comes second sees the first: no membership of an asset in the trash is left where members are counted."""
    tag = await library.catalog.tags.create(workspace, "bear")
    for _ in range(10):
        asset = await take(library, workspace)
        reference = AssetRef(asset_id=asset.id)
        assigned, trashed = await asyncio.gather(
            library.catalog.asset_tags.assign(workspace, tag.id, reference),
            library.catalog.trash.move(workspace, asset.id),
            return_exceptions=True,
        )
        assert trashed == (asset.file.id,)
        assert assigned is None or isinstance(assigned, NotFound)
        restored = await library.catalog.trash.restore(workspace, asset.id)
        assert restored.tags == ((tag,) if assigned is None else ())
        await library.catalog.trash.move(workspace, asset.id)
        assert await rows(library, "SELECT asset_id FROM asset_tag") == []


async def test_each_of_concurrent_trash_restore_and_purge_is_whole(library: Library, workspace: UUID) -> None:
    """Rows agree, whoever was first."""
    trash = library.catalog.trash
    assets = [await take(library, workspace) for _ in range(8)]
    verbs_of: list[Callable[..., Awaitable[object]]] = [
        trash.move,
        trash.restore,
        trash.purge,
        library.catalog.assets.delete,
    ]
    work = [verb(workspace, asset.id) for asset in assets for verb in (*verbs_of, *verbs_of)]
    for answer in await asyncio.gather(*work, return_exceptions=True):
        assert not isinstance(answer, Exception) or isinstance(answer, AssetNotFound | Conflict), answer
    disagreeing = """
        SELECT f.id FROM file f FULL JOIN asset a ON a.file_id = f.id
        WHERE f.trashed_at IS DISTINCT FROM a.trashed_at OR a.id IS NULL OR f.id IS NULL
            OR (a.trashed_at IS NULL) <> (a.trashed_memberships IS NULL)
    """
    assert await rows(library, disagreeing) == []


async def test_counts_of_collections_and_folders_leave_the_trash_out(library: Library, workspace: UUID) -> None:
    folder = await library.catalog.folders.create(workspace, "f", "video", None)
    collections = library.collections.collections
    collection = await collections.create(workspace, "c")
    asset = await take(library, workspace, folder_id=folder.id, collection_id=collection.id)
    await library.catalog.trash.move(workspace, asset.id)
    assert (await library.catalog.folders.get(workspace, folder.id)).children == 0
    assert (await collections.get(workspace, collection.id)).asset_count == 0
    assert await library.catalog.assets.count(workspace, Filter(collection_id=collection.id)) == 0
    await library.catalog.trash.restore(workspace, asset.id)
    assert (await library.catalog.folders.get(workspace, folder.id)).children == 1
    assert (await collections.get(workspace, collection.id)).asset_count == 1
