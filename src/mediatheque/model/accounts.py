"""Workspaces, API keys and principals."""

import enum
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec


class Scope(enum.StrEnum):
    """What a key allows. Every operation names the area it needs; see `included` for what the broad ones include."""

    READ = "read"
    """All that the areas read."""
    WRITE = "write"
    """All that the areas write."""
    ADMIN = "admin"
    """Everything in the workspace, and its keys, usage and audit log."""
    INSTANCE = "instance"
    """The workspaces themselves, and nothing in them. Granted at the command line only."""

    ASSETS_READ = "assets:read"
    """Assets, their files, searches, lineage and trash."""
    ASSETS_WRITE = "assets:write"
    """Create, change, trash and delete assets and files."""
    UPLOADS_WRITE = "uploads:write"
    """Add files and assets, without a way to change or delete any. `assets:write` includes it."""
    COLLECTIONS_READ = "collections:read"
    """Collections, characters, folders and tags."""
    COLLECTIONS_WRITE = "collections:write"
    """Change collections, characters, folders and tags, and what is in them."""
    KEEP_READ = "keep:read"
    """What is kept of vendors' results, and the providers."""
    KEEP_WRITE = "keep:write"
    """Keep vendors' results."""


AREAS = frozenset(scope for scope in Scope if ":" in scope)
"""The scopes of single areas. `read`, `write` and `admin` include them."""


@lru_cache(maxsize=1_000)
def included(scopes: frozenset[Scope]) -> frozenset[Scope]:
    """Return the scopes with all that they include."""
    result = set(scopes)
    if Scope.ADMIN in result:
        result |= AREAS | {Scope.READ, Scope.WRITE}
    for broad in {Scope.READ, Scope.WRITE} & result:
        result |= {area for area in AREAS if area.endswith(f":{broad}")}
    if Scope.ASSETS_WRITE in result:
        result.add(Scope.UPLOADS_WRITE)
    return frozenset(result)


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of all content. A workspace can neither see nor infer the content of another."""

    id: UUID
    name: str


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as it is stored: its secret only as SHA-256."""

    id: UUID
    workspace_id: UUID
    workspace: str
    scopes: frozenset[Scope]
    secret_hash: bytes
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of a request. `workspace` is the workspace's name."""

    workspace_id: UUID
    workspace: str
    key_id: UUID
    scopes: frozenset[Scope]

    def allows(self, *scopes: Scope) -> bool:
        """Whether the key has one of the scopes, or one that includes it."""
        return not included(self.scopes).isdisjoint(scopes)
