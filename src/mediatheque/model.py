"""The nouns. Frozen, without behaviour beyond what follows from their own fields.

Sizes are bytes, dimensions pixels (as shown, orientation applied), durations seconds, times aware UTC.
"""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Kind(enum.StrEnum):
    """What a person would call the file."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "3d"
    DOCUMENT = "document"


class Scope(enum.StrEnum):
    """What a key may do; `admin` includes the others."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """Owner of everything below it. Two workspaces never see or infer each other's content."""

    id: UUID
    name: str


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as the database knows it: never the secret, only its SHA-256."""

    id: UUID
    workspace_id: UUID
    workspace: str
    scopes: frozenset[Scope]
    secret_hash: bytes
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, once the key has been checked. `workspace` is the name of the workspace."""

    workspace_id: UUID
    workspace: str
    key_id: UUID
    scopes: frozenset[Scope]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """What the first bytes claim to be."""

    mime: str
    kind: Kind
    extension: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the decoder found in the file itself. `None` where the kind has no such fact."""

    mime: str
    kind: Kind
    width: int | None = None
    height: int | None = None
    duration: float | None = None


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes, unique by SHA-256 and size within a workspace, and the facts that depend on the bytes alone."""

    id: UUID
    workspace_id: UUID
    sha256: bytes
    size: int
    storage_key: str
    facts: Facts


class Decision(enum.StrEnum):
    """What becomes of a request for a file's bytes."""

    ALLOW = "allow"
    FORBID = "forbid"
    HIDE = "hide"


class Rule(msgspec.Struct, frozen=True):
    """What one user, known by the name of a workspace, is told instead of the default."""

    user: str
    decision: Decision


class Access(msgspec.Struct, frozen=True):
    """Who may read a file. The workspace that owns it always may."""

    default: Decision = Decision.ALLOW
    rules: tuple[Rule, ...] = ()


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """How long a new file stays (in seconds; None: for good) and who may read it (None: everybody)."""

    seconds: int | None = None
    access: Access | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A blob under a URL: `/files/b/<id as 32 hex>/<name>`. After `expires_at` there is no such file any more."""

    id: UUID
    workspace_id: UUID
    name: str
    created_at: datetime
    blob: Blob
    origin_url: str | None = None
    expires_at: datetime | None = None
    access: Access | None = None


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A word a workspace puts on its assets; unique in it regardless of case."""

    id: UUID
    name: str
    created_at: datetime


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of assets."""

    id: UUID
    name: str
    created_at: datetime


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


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which assets a list shows: of one kind, of some media types, in one folder or in none, in which words occur.

    `words` are looked for in title, caption and file name, whatever their case; every one of them must be there.
    """

    kind: Kind | None = None
    types: tuple[str, ...] = ()
    folder_id: UUID | None = None
    unfiled: bool = False
    words: tuple[str, ...] = ()


class FolderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which folders a list shows: in the trash or not, in one folder or at the root, with `name` in theirs."""

    trashed: bool = False
    parent_id: UUID | None = None
    topmost: bool = False
    name: str = ""


class Position(msgspec.Struct, frozen=True):
    """A place in the order of assets or folders, newest first; `id` parts those of one moment."""

    created_at: datetime
    id: UUID


class Way(enum.StrEnum):
    """How promised bytes arrive."""

    WHOLE = "whole"
    """In one request, which also makes the file."""
    PARTS = "parts"
    """In numbered parts, joined when they are declared complete."""
    DIRECT = "direct"
    """In one request, perhaps past this server, and checked when they are declared complete."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes promised, to become the file `file_id` (and the asset `asset_id`) while the key that promised them lives.

    `storage_key` is where they wait, and `handle` what the store calls the parts there. `size` and `sha256` are what
    was announced. `failure` says why bytes that were declared complete have been refused, which is final.
    """

    id: UUID
    workspace_id: UUID
    key_id: UUID
    file_id: UUID
    name: str
    declared_type: str | None
    expires_at: datetime
    way: Way = Way.WHOLE
    asset_id: UUID | None = None
    size: int | None = None
    sha256: bytes | None = None
    storage_key: str | None = None
    handle: str | None = None
    keeping: Keeping = Keeping()
    batch_id: UUID | None = None
    item_index: int | None = None
    requested_at: datetime | None = None
    completed_at: datetime | None = None
    failure: str | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One part of an upload that has arrived durably. `receipt` is what the store wants to see again when joining."""

    number: int
    size: int
    sha256: bytes
    receipt: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Uploads promised together."""

    id: UUID
    workspace_id: UUID
    created_at: datetime
    total: int
    title: str | None = None


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender said about the bytes: hints, never trusted. `fields` are the other form fields."""

    name: str | None = None
    declared_type: str | None = None
    fields: dict[str, str] = {}
