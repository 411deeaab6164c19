"""Whether a workspace is as its model says: what is listed, counted and shown."""

from typing import Any
from uuid import UUID

from mediatheque.library import Library
from mediatheque.model import CollectionType, Filter
from tests.library.collections.model import Model

EVERYTHING = 1000


async def compare(library: Library, workspace: UUID, model: Model) -> None:
    await _compare_assets(library, workspace, model)
    await _compare_tags(library, workspace, model)
    await _compare_collections(library, workspace, model)


async def _compare_assets(library: Library, workspace: UUID, model: Model) -> None:
    found, more = await library.catalog.assets.page(workspace, Filter(), None, EVERYTHING)
    assert not more
    assert found == sorted(found, key=lambda asset: (asset.created_at, asset.id), reverse=True)
    told = {asset.id: ({tag.id for tag in asset.tags}, set(asset.collection_ids), asset.is_favorite) for asset in found}
    assert told == {id: (thing.tags, thing.collections, thing.favorite) for id, thing in model.assets.items()}
    favorites = {id for id, thing in model.assets.items() if thing.favorite}
    await _listed(library, workspace, favorites, favorites=True)


async def _compare_tags(library: Library, workspace: UUID, model: Model) -> None:
    found = await library.catalog.tags.list(workspace)
    assert {tag.id: tag.name for tag in found} == model.tags
    order = [tag.id for tag in found]
    for id, thing in model.assets.items():
        assert [tag.id for tag in await library.catalog.asset_tags.list_of(workspace, id)] == sorted(
            thing.tags, key=order.index
        )
    for id in model.tags:
        await _listed(library, workspace, model.tagged(id), tag_ids=(id,))


async def _compare_collections(library: Library, workspace: UUID, model: Model) -> None:
    found = await library.collections.collections.page(workspace, EVERYTHING, 0)
    told = {each.id: (each.type, each.parent_id, each.is_favorite, each.asset_count) for each in found}
    manual = {id: place.type is CollectionType.MANUAL for id, place in model.collections.items()}
    assert told == {
        id: (place.type, place.parent, place.favorite, len(model.members(id)) if manual[id] else None)
        for id, place in model.collections.items()
    }
    for id in model.collections:
        hierarchy = await library.collections.tree.hierarchy(workspace, id)
        assert [node.id for node in hierarchy.ancestors] == model.ancestors(id)
        children = {id for id, place in model.collections.items() if place.parent == hierarchy.branch.node.id}
        assert {child.node.id for child in hierarchy.branch.children} == children
        if manual[id]:
            await _listed(library, workspace, model.members(id), collection_id=id)


async def _listed(library: Library, workspace: UUID, expected: set[UUID], **wanted: Any) -> None:
    found, more = await library.catalog.assets.page(workspace, Filter(**wanted), None, EVERYTHING)
    assert ({asset.id for asset in found}, more) == (expected, False)
    assert await library.catalog.assets.count(workspace, Filter(**wanted)) == len(expected)
