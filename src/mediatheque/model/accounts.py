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
    """Add files and assets. `assets:write` includes it.

    The URL of a file that the library has names that file's asset, which gets what it lacks, and is not changed else.
    """
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


class WorkspaceState(enum.StrEnum):
    """Whether a workspace can be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Its keys are refused and its files are not found, until it is resumed."""
    DELETING = "deleting"
    """It is deleted: nothing of it is found any more, and a task deletes its content."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of all content. A workspace can neither see nor infer the content of another."""

    id: UUID
    name: str
    created_at: datetime
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def state(self) -> WorkspaceState:
        """Whether it can be used."""
        if self.deleted_at:
            return WorkspaceState.DELETING
        return WorkspaceState.SUSPENDED if self.suspended_at else WorkspaceState.ACTIVE


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as it is stored: its secret only as SHA-256.

    Until `previous_expires_at`, the secret that it had before it was rotated is good as well. `workspace` is the
    workspace's name, and `former_names` are those that it had before, the latest first.
    """

    id: UUID
    workspace_id: UUID
    workspace: str
    scopes: frozenset[Scope]
    secret_hash: bytes
    created_at: datetime
    name: str = ""
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    previous_hash: bytes | None = None
    previous_expires_at: datetime | None = None
    former_names: tuple[str, ...] = ()
    is_suspended: bool = False

    def is_live(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired. That its workspace is suspended is another matter."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def hashes(self, now: datetime) -> tuple[bytes, ...]:
        """Return the hashes of the secrets that are good: the present one, and one that is being replaced."""
        is_replacing = self.previous_hash and self.previous_expires_at and now < self.previous_expires_at
        return (self.secret_hash, self.previous_hash) if is_replacing and self.previous_hash else (self.secret_hash,)


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of a request.

    `workspace` is the workspace's name, and `former_names` are those that it had. `expires_at` is when the key ends.
    `has_previous_secret`: it presented the secret that is being replaced.
    """

    workspace_id: UUID
    workspace: str
    key_id: UUID
    scopes: frozenset[Scope]
    key_name: str = ""
    expires_at: datetime | None = None
    former_names: tuple[str, ...] = ()
    has_previous_secret: bool = False

    def allows(self, *scopes: Scope) -> bool:
        """Whether the key has one of the scopes, or one that includes it."""
        return not included(self.scopes).isdisjoint(scopes)
