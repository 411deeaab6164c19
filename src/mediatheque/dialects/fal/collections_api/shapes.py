"""fal's JSON of collections and characters."""

from collections.abc import Callable
from typing import Any

import msgspec

from mediatheque.dialects.fal.timestamps import timestamp
from mediatheque.http.context import AppRequest
from mediatheque.http.urls import file_url
from mediatheque.model import Branch, Collection, Hierarchy, TreeNode


def renderer(
    request: AppRequest, status: int = 200, noun: str = "collection"
) -> Callable[[Collection], tuple[int, bytes]]:
    """Return a function that renders the answer `{noun: object}`; `noun` is "collection" or "character"."""
    base = request.public_url
    shape = character if noun == "character" else collection
    return lambda found: (status, msgspec.json.encode({noun: shape(found, base)}))


def collection(collection: Collection, base: str) -> dict[str, Any]:
    """Build the collection object; a character has one, too."""
    return {
        **_common(collection, base),
        "filters": collection.filters,
        "asset_count": collection.asset_count,
    }


def character(character: Collection, base: str) -> dict[str, Any]:
    """Build the character object."""
    return {
        **_common(character, base),
        "asset_count": character.asset_count,
        "reference_images": [file_url(base, file) for file in character.references],
    }


def _common(collection: Collection, base: str) -> dict[str, Any]:
    cover = collection.cover or next(iter(collection.references), None)
    return {
        "id": str(collection.id),
        "type": collection.type.value,
        "name": collection.name,
        "description": collection.description,
        "icon": collection.icon,
        "color": collection.color,
        "cover_image_url": file_url(base, cover) if cover else None,
        "character_identifier": collection.identifier,
        "parent_collection_id": str(collection.parent_id) if collection.parent_id else None,
        "is_favorited": collection.is_favorite,
        "created_at": timestamp(collection.created_at),
        "updated_at": timestamp(collection.updated_at),
    }


def hierarchy(hierarchy: Hierarchy) -> dict[str, Any]:
    """Build the subtree of a collection, and its ancestors from the top."""
    return {"hierarchy": _branch(hierarchy.branch), "ancestors": [_tree_node(node) for node in hierarchy.ancestors]}


def _branch(branch: Branch) -> dict[str, Any]:
    return {**_tree_node(branch.node), "children": [_branch(child) for child in branch.children]}


def _tree_node(node: TreeNode) -> dict[str, Any]:
    return {"id": str(node.id), "name": node.name, "type": node.type.value}
