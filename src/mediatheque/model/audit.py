"""Who asks for changes, and the record of what was changed."""

import enum
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

import msgspec


class ActorKind(enum.StrEnum):
    """How somebody proved who they are."""

    KEY = "key"
    """With an API key."""
    TOKEN = "token"  # noqa: S105 - no secret
    """With the token of an upload; its key is the one that created it."""
    INSTANCE = "instance"
    """With an API key that administers the workspaces, perhaps of another one."""
    CLI = "cli"
    """At the command line of the machine."""


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks for changes, and from where. `address` is the client's IP address."""

    kind: ActorKind
    key_id: UUID | None = None
    key_name: str | None = None
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


current_actor: ContextVar[Actor | None] = ContextVar("current_actor", default=None)
"""Who asks for the changes that this task makes; None for what the library does by itself."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One mutation. `action` is the kind of its target and a verb, `asset.create`.

    `target_id` is what was changed, `related_id` what it was put into, tagged with or made of. `workspace_id` is None
    for what belongs to no workspace.
    """

    id: UUID
    created_at: datetime
    workspace_id: UUID | None
    action: str
    target_id: UUID | None
    related_id: UUID | None
    actor: Actor


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for the audit log: an entry must meet every field that is set.

    `action` is a whole action or, as `asset`, a kind of target. `since` is included, `until` is not.
    """

    workspace_id: UUID | None = None
    action: str | None = None
    target_id: UUID | None = None
    key_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
