"""Library records, and where they are put."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model.files import File
from mediatheque.model.media import Kind


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A word a workspace puts on its assets; unique in it regardless of case."""

    id: UUID
    name: str
    created_at: datetime


class CollectionType(enum.StrEnum):
    """How a collection comes by its assets."""

    MANUAL = "manual"
    """They are put into it."""
    SMART = "smart"
    """They are those that its condition holds for."""
    CHARACTER = "character"
    """They are put into it, and show somebody."""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of assets; a manual one may lie in another, `parent_id`.

    `filters` is the smart one's condition as it was given; `example_files` are the ids of the files that it gives as
    examples, by the URLs in it. `identifier` is a character's handle, and `references` are
    pictures of it, the first one its cover if it has no `cover`. `asset_count` is None for a smart one.
    """

    id: UUID
    workspace_id: UUID
    type: CollectionType
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    icon: str | None = None
    color: str | None = None
    cover: File | None = None
    parent_id: UUID | None = None
    identifier: str | None = None
    filters: Any = None
    example_files: dict[str, UUID] = {}
    references: tuple[File, ...] = ()
    is_favorite: bool = False
    asset_count: int | None = None


class TreeNode(msgspec.Struct, frozen=True, kw_only=True):
    """A collection in the tree, seen from one collection: `level` 0 is itself, below 0 its ancestors, above 0 the rest.

    The top of the tree has the lowest level.
    """

    id: UUID
    name: str
    type: CollectionType
    parent_id: UUID | None
    level: int


class Branch(msgspec.Struct, frozen=True):
    """A collection and the branches directly in it."""

    node: TreeNode
    children: tuple["Branch", ...] = ()


class Hierarchy(msgspec.Struct, frozen=True):
    """A collection with everything below it, and its ancestors from the top."""

    branch: Branch
    ancestors: tuple[TreeNode, ...]


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A place in which an asset lies: one at most, where collections can be many. `parent_id` None: at the root.

    `children` counts folders directly in it that are not in the trash, and assets.
    """

    id: UUID
    workspace_id: UUID
    name: str
    project_type: str
    created_at: datetime
    updated_at: datetime
    parent_id: UUID | None = None
    trashed_at: datetime | None = None
    children: int = 0


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A library record over a file."""

    id: UUID
    workspace_id: UUID
    file: File
    kind: Kind
    title: str
    created_at: datetime
    caption: str | None = None
    source: str = "upload"
    endpoint: str | None = None
    request_id: str | None = None
    is_favorite: bool = False
    folder_id: UUID | None = None
    tags: tuple[Tag, ...] = ()
    collection_ids: tuple[UUID, ...] = ()
    metadata: dict[str, Any] = {}


class AssetRef(msgspec.Struct, frozen=True, kw_only=True):
    """An asset as callers name it: by its id, or by the request that made it, of whose assets the first is meant."""

    asset_id: UUID | None = None
    request_id: str | None = None
