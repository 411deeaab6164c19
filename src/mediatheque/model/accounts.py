"""Who may do what: workspaces, keys and callers."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec


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


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, once the key has been checked. `workspace` is the name of the workspace."""

    workspace_id: UUID
    workspace: str
    key_id: UUID
    scopes: frozenset[Scope]
