"""Assets, and the tags, collections and folders that organize them."""

import enum
import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model.files import File
from mediatheque.model.media import Kind


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A label on assets. Its name is unique in the workspace, ignoring case."""

    id: UUID
    name: str
    created_at: datetime


class CountedTag(msgspec.Struct, frozen=True):
    """A tag with the number of its assets; None where there are too many to count."""

    tag: Tag
    asset_count: int | None


class CollectionType(enum.StrEnum):
    """How a collection gets its assets."""

    MANUAL = "manual"
    """Assets are added and removed by hand."""
    SMART = "smart"
    """It contains the assets that match its filters."""
    CHARACTER = "character"
    """Assets are added and removed by hand, and show one person or figure."""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of assets.

    Manual collections form a tree (`parent_id`). Smart ones have `filters`, the condition as the client gave it, and
    `example_files`, the ids of the files in it by their URLs. Characters have a handle (`identifier`) and reference
    images, of which the first is the cover unless there is a `cover`. `asset_count` is None for smart collections and
    where there are too many members to count.
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


class MemberChange(msgspec.Struct, frozen=True):
    """What a change of a collection's members did: how many were added and removed, and which assets do not exist."""

    added: int
    removed: int
    not_found: tuple[UUID, ...]


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
    """A place for assets: an asset is in at most one folder. A folder at the root has no `parent_id`.

    `children` is the number of assets and of folders outside the trash that are directly in it.
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
    """A file in the library, with a title, tags and collections.

    `external_id` is the client's own id, unique in the workspace outside the trash. `updated_at` is None until one of
    the fields has changed, `trashed_at` outside the trash. `metadata` is a JSON object of the client's own. `version`
    is the number of its content: 1, and one more with each replacement.
    """

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
    external_id: str | None = None
    updated_at: datetime | None = None
    trashed_at: datetime | None = None
    version: int = 1


class AssetVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset consists of, or did until `replaced_at`, which is None for the current version."""

    number: int
    file: File
    replaced_at: datetime | None = None


def revision_of(asset: Asset) -> str:
    """Return 16 hex digits that change whenever anything about the asset does, its tags and collections included."""
    # As JSON, since MessagePack has no integers of more than 64 bits, and metadata may.
    return hashlib.blake2b(msgspec.json.encode(asset), digest_size=8).hexdigest()


class AssetRef(msgspec.Struct, frozen=True, kw_only=True):
    """A reference to an asset: its id, or the id of the request whose first asset it is."""

    asset_id: UUID | None = None
    request_id: str | None = None
