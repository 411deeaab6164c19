"""External ids: unique outside the trash, and one asset however many requests give it at the same time."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from mediatheque.errors import AssetNotFound, Conflict, TypeMismatch
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields, OnConflict
from mediatheque.library.ingest.sources import AssetContent
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.model import Asset, Origin, Provenance
from tests import samples
from tests.library.catalog.test_trash import AT_ONCE
from tests.library.ingest_requests import ingest_request
from tests.library.search.embedded_assets import query

PNG = samples.png(seed=11)


def fields(**more: Any) -> AssetFields:
    return AssetFields(**{"external_id": "shot-12", "on_conflict": OnConflict.UPDATE, **more})


async def put(library: Library, workspace: UUID, data: bytes = PNG, **more: Any) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, data, details=fields(**more)))


async def counts(library: Library) -> dict[str, int]:
    await library.storage_keys.close()  # which would be used by the next uploads
    names = ("asset", "file", "blob", "pending_write")
    return {name: (await query(library, f"SELECT count(*) AS n FROM {name}"))[0]["n"] for name in names}


async def test_same_content_updates_the_fields_that_are_given(library: Library, workspace: UUID) -> None:
    first = await put(library, workspace, title="Bear", metadata={"a": 1, "b": 2}, tags=("one",))
    again = await put(library, workspace, caption="a bear", metadata={"b": 3}, tags=("two",))
    assert (again.id, again.file) == (first.id, first.file)
    assert (again.title, again.caption, again.metadata) == ("Bear", "a bear", {"a": 1, "b": 3})
    assert [tag.name for tag in again.tags] == ["two"]
    assert await counts(library) == {"asset": 1, "file": 1, "blob": 1, "pending_write": 0}
    assert await library.catalog.assets.get_by_external_id(workspace, "shot-12") == again


async def test_without_update_it_is_refused_and_leaves_nothing(library: Library, workspace: UUID) -> None:
    await put(library, workspace)
    for data in (PNG, samples.png(seed=12)):
        with pytest.raises(Conflict) as refused:
            await put(library, workspace, data, on_conflict=OnConflict.ERROR, title="another", tags=("new",))
        assert refused.value.param == "external_id"
    assert await counts(library) == {"asset": 1, "file": 1, "blob": 1, "pending_write": 0}
    assert await library.catalog.tags.list(workspace) == []


async def test_other_content_becomes_a_version(library: Library, workspace: UUID) -> None:
    first = await put(library, workspace, title="Bear")
    second = await put(library, workspace, samples.png(seed=12), metadata={"take": 2})
    assert (second.id, second.title, second.metadata, second.version) == (first.id, "Bear", {"take": 2}, 2)
    assert second.file.blob.sha256 != first.file.blob.sha256
    with pytest.raises(TypeMismatch):
        await put(library, workspace, samples.wav())
    assert await library.catalog.assets.get(workspace, first.id) == second
    original = await library.ingest.create_asset(ingest_request(workspace, PNG))
    third = await library.importer.import_asset(workspace, AssetContent(original.id), fields())
    assert (third.id, third.version, third.file.blob) == (first.id, 3, first.file.blob)


async def test_concurrent_content_ends_as_one_asset(library: Library, workspace: UUID) -> None:
    answers = await asyncio.gather(*(put(library, workspace, samples.png(seed=20 + n)) for n in range(6)))
    assert len({asset.id for asset in answers}) == 1
    assert (await library.catalog.assets.get(workspace, answers[0].id)).version == 6


async def test_concurrent_twins_end_as_one_asset(library: Library, workspace: UUID) -> None:
    answers = await asyncio.gather(*(put(library, workspace, metadata={str(n): n}) for n in range(8)))
    assert len({asset.id for asset in answers}) == 1
    found = await library.catalog.assets.get(workspace, answers[0].id)
    assert found.metadata == {str(n): n for n in range(8)}
    assert await counts(library) == {"asset": 1, "file": 1, "blob": 1, "pending_write": 0}


async def test_content_of_another_asset(library: Library, workspace: UUID) -> None:
    original = await library.ingest.create_asset(ingest_request(workspace, PNG))
    made = [
        await library.importer.import_asset(workspace, AssetContent(original.id), fields(title=title))
        for title in ("one", "two")
    ]
    assert made[0].id == made[1].id != original.id
    assert made[1].title == "two"
    assert await counts(library) == {"asset": 2, "file": 2, "blob": 1, "pending_write": 0}


async def test_asset_of_a_file_has_one_external_id(library: Library, workspace: UUID) -> None:
    asset = await library.ingest.create_asset(ingest_request(workspace, PNG))
    named = await library.importer.import_asset(workspace, asset.file, AssetFields(external_id="one"))
    assert (named.id, named.external_id) == (asset.id, "one")
    with pytest.raises(Conflict):
        await library.importer.import_asset(workspace, asset.file, AssetFields(external_id="two"))


async def test_trash_frees_the_external_id(library: Library, workspace: UUID) -> None:
    first = await put(library, workspace)
    await library.catalog.trash.move(workspace, first.id)
    with pytest.raises(AssetNotFound):
        await library.catalog.assets.get_by_external_id(workspace, "shot-12")
    second = await put(library, workspace)
    assert second.id != first.id
    with pytest.raises(Conflict) as refused:
        await library.catalog.trash.restore(workspace, first.id)
    assert refused.value.param == "external_id"
    assert [asset.id for asset in (await library.catalog.trash.page(workspace, None, 5))[0]] == [first.id]
    await library.catalog.trash.move(workspace, second.id)
    assert (await library.catalog.trash.restore(workspace, first.id)).external_id == "shot-12"


async def test_provenance_is_filled_in(library: Library, workspace: UUID) -> None:
    await put(library, workspace)
    made_by = Provenance(declared_source=Origin.RESPONSE, request_id="r-1", endpoint="fal-ai/flux")
    again = await put(library, workspace, provenance=made_by)
    assert (again.source, again.request_id, again.endpoint) == ("response", "r-1", "fal-ai/flux")
    assert (await library.lineage.get(workspace, again.id, 1)).edges


async def test_bytes_of_the_second_of_two_are_not_kept(library: Library, workspace: UUID) -> None:
    """Also when they were stored before the first one was committed."""
    for _ in range(4):
        one, two = await asyncio.gather(*(put(library, workspace) for _ in range(2)))
        assert one.id == two.id
        await library.catalog.assets.delete(workspace, one.id)
        await library.storage_keys.close()
        await GarbageCollector(library.database, library.store, AT_ONCE).run()
        assert [each async for each in library.store.list_objects()] == []
