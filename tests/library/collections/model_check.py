"""Compares what a workspace lists, counts and shows with its model."""

from typing import Any
from uuid import UUID

from mediatheque.library import Library
from mediatheque.model import CollectionType, Filter
from tests.library.collections.model import WorkspaceModel

NO_LIMIT = 1000


async def compare(library: Library, workspace: UUID, model: WorkspaceModel) -> None:
    await _compare_assets(library, workspace, model)
    await _compare_tags(library, workspace, model)
    await _compare_collections(library, workspace, model)


async def _compare_assets(library: Library, workspace: UUID, model: WorkspaceModel) -> None:
    found, more = await library.catalog.assets.page(workspace, Filter(), None, NO_LIMIT)
    assert not more
    assert found == sorted(found, key=lambda asset: (asset.created_at, asset.id), reverse=True)
    found_by_id = {
        asset.id: ({tag.id for tag in asset.tags}, set(asset.collection_ids), asset.is_favorite) for asset in found
    }
    assert found_by_id == {id: (asset.tags, asset.collections, asset.favorite) for id, asset in model.assets.items()}
    favorites = {id for id, asset in model.assets.items() if asset.favorite}
    await _listed(library, workspace, favorites, favorites=True)


async def _compare_tags(library: Library, workspace: UUID, model: WorkspaceModel) -> None:
    found = await library.catalog.tags.list(workspace)
    assert {tag.id: tag.name for tag in found} == model.tags
    order = [tag.id for tag in found]
    for id, asset in model.assets.items():
        assert [tag.id for tag in await library.catalog.asset_tags.list_of(workspace, id)] == sorted(
            asset.tags, key=order.index
        )
    for id in model.tags:
        await _listed(library, workspace, model.tagged(id), tag_ids=(id,))


async def _compare_collections(library: Library, workspace: UUID, model: WorkspaceModel) -> None:
    found = await library.collections.collections.page(workspace, NO_LIMIT, 0)
    found_by_id = {each.id: (each.type, each.parent_id, each.is_favorite, each.asset_count) for each in found}
    manual = {id: collection.type is CollectionType.MANUAL for id, collection in model.collections.items()}
    assert found_by_id == {
        id: (collection.type, collection.parent, collection.favorite, len(model.members(id)) if manual[id] else None)
        for id, collection in model.collections.items()
    }
    for id in model.collections:
        hierarchy = await library.collections.tree.hierarchy(workspace, id)
        assert [node.id for node in hierarchy.ancestors] == model.ancestors(id)
        children = {id for id, collection in model.collections.items() if collection.parent == hierarchy.branch.node.id}
        assert {child.node.id for child in hierarchy.branch.children} == children
        if manual[id]:
            await _listed(library, workspace, model.members(id), collection_id=id)


async def _listed(library: Library, workspace: UUID, expected: set[UUID], **wanted: Any) -> None:
    found, more = await library.catalog.assets.page(workspace, Filter(**wanted), None, NO_LIMIT)
    assert ({asset.id for asset in found}, more) == (expected, False)
    assert await library.catalog.assets.count(workspace, Filter(**wanted)) == len(expected)
