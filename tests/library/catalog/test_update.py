"""Changes of assets: each field, all or nothing, against a known revision, and by concurrent callers."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    FolderNotFound,
    Invalid,
    LibraryError,
    NotFound,
    PreconditionFailed,
)
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.update import AssetPatch
from mediatheque.model import Asset, revision_of
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.library.search.embedded_assets import query, waiting


async def take(library: Library, workspace: UUID, **fields: Any) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, samples.png(), details=AssetFields(**fields)))


async def update(library: Library, workspace: UUID, asset: Asset, **changes: Any) -> Asset:
    return await library.catalog.assets.update(workspace, asset.id, AssetPatch(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Bear"},
        {"caption": "a bear"},
        {"caption": None},
        {"is_favorite": True},
        {"external_id": "s3://bucket/bear.png"},
        {"external_id": None},
        {},
    ],
    ids=str,
)
async def test_only_what_is_given_changes(library: Library, workspace: UUID, changes: dict[str, Any]) -> None:
    asset = await take(library, workspace, title="Old", caption="old", external_id="old", metadata={"a": 1})
    updated = await update(library, workspace, asset, **changes)
    kept = {name: getattr(asset, name) for name in asset.__struct_fields__ if name not in {*changes, "updated_at"}}
    assert kept == {name: getattr(updated, name) for name in kept}
    assert {name: getattr(updated, name) for name in changes} == changes
    assert (updated.updated_at is None) is not bool(changes)
    assert await library.catalog.assets.get(workspace, asset.id) == updated


async def test_metadata_is_merged(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace, metadata={"shot": "12", "take": {"number": 1, "good": True}})
    updated = await update(library, workspace, asset, metadata={"shot": None, "take": {"number": 2}, "x": [1]})
    assert updated.metadata == {"take": {"number": 2, "good": True}, "x": [1]}
    with pytest.raises(Invalid):
        await update(library, workspace, asset, metadata={"big": "x" * 20_000})
    assert (await update(library, workspace, asset, metadata=None)).metadata == {}


async def test_tags_are_replaced_by_id_and_name(library: Library, workspace: UUID) -> None:
    bear, old = [await library.catalog.tags.create(workspace, name) for name in ("bear", "old")]
    asset = await take(library, workspace, tag_ids=(old.id,))
    updated = await update(library, workspace, asset, tag_ids=(bear.id,), tags=("Autumn", "BEAR", "autumn"))
    assert [tag.name for tag in updated.tags] == ["Autumn", "bear"]
    assert [tag.name for tag in await library.catalog.tags.list(workspace)] == ["Autumn", "bear", "old"]
    assert (await update(library, workspace, asset, tags=())).tags == ()


async def test_collections_and_folder(library: Library, workspace: UUID) -> None:
    first, second = [await library.collections.collections.create(workspace, name) for name in "ab"]
    folder = await library.catalog.folders.create(workspace, "f", "mixed", None)
    asset = await take(library, workspace, collection_ids=(first.id,))
    updated = await update(library, workspace, asset, collection_ids=(second.id,), folder_id=folder.id)
    assert (updated.collection_ids, updated.folder_id) == ((second.id,), folder.id)
    updated = await update(library, workspace, asset, collection_ids=(), folder_id=None)
    assert (updated.collection_ids, updated.folder_id) == ((), None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"tag_ids": (UUID(int=1),)}, NotFound),
        ({"collection_ids": (UUID(int=1),)}, NotFound),
        ({"folder_id": UUID(int=1)}, FolderNotFound),
        ({"external_id": "taken"}, Conflict),
        ({"tags": ("x" * 51,)}, Invalid),
        ({"metadata": {"a": "\0"}}, Invalid),
    ],
    ids=str,
)
async def test_refused_change_changes_nothing(
    library: Library, workspace: UUID, changes: dict[str, Any], error: type[LibraryError]
) -> None:
    await take(library, workspace, external_id="taken")
    asset = await take(library, workspace)
    with pytest.raises(error):
        await update(library, workspace, asset, **{"title": "New", "tags": ("new",), **changes})
    assert await library.catalog.assets.get(workspace, asset.id) == asset
    assert await library.catalog.tags.list(workspace) == []


@pytest.mark.parametrize("changes", [{"title": "\0"}, {"caption": "\0"}, {"external_id": ""}, {"external_id": "\0"}])
def test_impossible_values(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        AssetPatch(**changes)


async def test_foreign_things_are_unknown(library: Library, workspace: UUID) -> None:
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset()))
    other = principal.workspace_id
    tag = await library.catalog.tags.create(other, "t")
    collection = await library.collections.collections.create(other, "c")
    folder = await library.catalog.folders.create(other, "f", "mixed", None)
    theirs, mine = await take(library, other, external_id="same"), await take(library, workspace)
    for changes in ({"tag_ids": (tag.id,)}, {"collection_ids": (collection.id,)}, {"folder_id": folder.id}):
        with pytest.raises(NotFound):
            await update(library, workspace, mine, **changes)
    with pytest.raises(AssetNotFound):
        await update(library, workspace, theirs, title="mine")
    assert (await update(library, workspace, mine, external_id="same")).external_id == "same"
    assert await library.catalog.assets.get_by_external_id(workspace, "same") != theirs


async def test_revision_must_be_the_present_one(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    assets, first = library.catalog.assets, revision_of(asset)
    changed = await assets.update(workspace, asset.id, AssetPatch(tags=("bear",)), if_match=first)
    assert revision_of(changed) != first
    with pytest.raises(PreconditionFailed):
        await assets.update(workspace, asset.id, AssetPatch(title="late"), if_match=first)
    assert (await assets.get(workspace, asset.id)) == changed


async def test_of_concurrent_changes_of_one_revision_one_succeeds(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    revision = revision_of(asset)
    work = [
        library.catalog.assets.update(workspace, asset.id, AssetPatch(title=str(number)), if_match=revision)
        for number in range(8)
    ]
    answers = await asyncio.gather(*work, return_exceptions=True)
    [done] = [answer for answer in answers if isinstance(answer, Asset)]
    assert sum(isinstance(answer, PreconditionFailed) for answer in answers) == 7
    assert await library.catalog.assets.get(workspace, asset.id) == done


async def test_concurrent_merges_lose_nothing(library: Library, workspace: UUID) -> None:
    """Also the tags, whose names are all new."""
    asset = await take(library, workspace)
    work = [
        library.catalog.assets.update(workspace, asset.id, AssetPatch(metadata={str(n): n}, tags=(f"tag {n % 3}",)))
        for n in range(8)
    ]
    await asyncio.gather(*work)
    found = await library.catalog.assets.get(workspace, asset.id)
    assert found.metadata == {str(n): n for n in range(8)}
    assert len(await library.catalog.tags.list(workspace)) == 3


async def test_caption_is_embedded_when_it_changes(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace, caption="a bear")
    await query(library, "DELETE FROM procrastinate_jobs")
    await update(library, workspace, asset, title="Bear", caption="a bear", metadata={"a": 1})
    assert await waiting(library) == []
    await update(library, workspace, asset, caption="a fox")
    assert await waiting(library) == [asset.id]
