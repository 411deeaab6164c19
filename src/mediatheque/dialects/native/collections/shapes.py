"""Collections in JSON."""

from typing import Any, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.shapes import Time
from mediatheque.http.urls import file_url
from mediatheque.model import Branch, Collection, CollectionType, Hierarchy, TreeNode


class CollectionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A collection.

    Manual ones form a tree. Smart ones have `filters`. Characters have an `identifier` and reference images.
    `asset_count` is null where there are too many to count soon, and in lists for smart ones and characters.
    """

    id: UUID
    type: CollectionType
    name: str
    description: str | None
    icon: str | None
    color: str | None
    cover_url: str | None
    parent_id: UUID | None
    identifier: str | None
    reference_urls: list[str]
    filters: Any
    is_favorite: bool
    asset_count: int | None
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, collection: Collection, base: str) -> Self:
        """Build the collection object."""
        return cls(
            id=collection.id,
            type=collection.type,
            name=collection.name,
            description=collection.description,
            icon=collection.icon,
            color=collection.color,
            cover_url=file_url(base, collection.cover) if collection.cover else None,
            parent_id=collection.parent_id,
            identifier=collection.identifier,
            reference_urls=[file_url(base, file) for file in collection.references],
            filters=collection.filters,
            is_favorite=collection.is_favorite,
            asset_count=collection.asset_count,
            created_at=collection.created_at,
            updated_at=collection.updated_at,
        )


class CollectionPage(msgspec.Struct, frozen=True):
    """A page of collections; `next_cursor` is null at the end."""

    items: list[CollectionShape]
    next_cursor: str | None


class CollectionRef(msgspec.Struct, frozen=True):
    """A collection above another one."""

    id: UUID
    name: str

    @classmethod
    def of(cls, node: TreeNode) -> Self:
        """Build the object."""
        return cls(node.id, node.name)


class BranchShape(msgspec.Struct, frozen=True):
    """A collection with those in it, newest first."""

    id: UUID
    name: str
    type: CollectionType
    children: list["BranchShape"]

    @classmethod
    def of(cls, branch: Branch) -> "BranchShape":
        """Build the object."""
        node = branch.node
        return cls(node.id, node.name, node.type, [cls.of(child) for child in branch.children])


class TreeShape(msgspec.Struct, frozen=True):
    """A collection with everything below it, and those above it from the top."""

    tree: BranchShape
    ancestors: list[CollectionRef]

    @classmethod
    def of(cls, hierarchy: Hierarchy) -> Self:
        """Build the object."""
        return cls(BranchShape.of(hierarchy.branch), [CollectionRef.of(node) for node in hierarchy.ancestors])
