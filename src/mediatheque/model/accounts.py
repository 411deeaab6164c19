"""Workspaces, API keys and principals."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec


class Scope(enum.StrEnum):
    """What a key allows; `admin` includes the others."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


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
