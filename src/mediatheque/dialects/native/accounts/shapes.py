"""The JSON of keys and workspaces."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.shapes import Time
from mediatheque.library.accounts.keys import IssuedKey
from mediatheque.library.accounts.workspaces import CreatedWorkspace
from mediatheque.model import Key, Scope, Workspace, WorkspaceState

Secret = Annotated[
    str | None,
    msgspec.Meta(
        description="The whole key, which is shown only once. It is null when an Idempotency-Key replays the answer: a "
        "secret is stored nowhere. Rotate a key whose secret was lost."
    ),
]


class KeyShape(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without its secret."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None
    revoked_at: Time | None

    @classmethod
    def of(cls, key: Key, _: str = "", **more: Any) -> Self:
        """Build the key object. `more` are the fields that a subclass adds."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=tuple(sorted(key.scopes)),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
            **more,
        )


class IssuedKeyShape(KeyShape, frozen=True, kw_only=True):
    """An API key with its secret."""

    secret: Secret

    @classmethod
    def of(cls, issued: IssuedKey, _: str = "", **more: Any) -> Self:  # type: ignore[override]  # of a key with its secret
        """Build the key object with its secret, if there is one."""
        return super().of(issued.key, secret=issued.secret or None, **more)


class KeyPage(msgspec.Struct, frozen=True):
    """A page of a list of keys; `next_cursor` is null at the end."""

    items: list[KeyShape]
    next_cursor: str | None


class WorkspaceShape(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace."""

    id: UUID
    name: str
    state: WorkspaceState
    created_at: Time
    suspended_at: Time | None
    deleted_at: Time | None

    @classmethod
    def of(cls, workspace: Workspace, _: str = "", **more: Any) -> Self:
        """Build the workspace object. `more` are the fields that a subclass adds."""
        return cls(
            id=workspace.id,
            name=workspace.name,
            state=workspace.state,
            created_at=workspace.created_at,
            suspended_at=workspace.suspended_at,
            deleted_at=workspace.deleted_at,
            **more,
        )


class CreatedWorkspaceShape(WorkspaceShape, frozen=True, kw_only=True):
    """A new workspace with its first key, which may do everything in it."""

    first_key: IssuedKeyShape

    @classmethod
    def of(cls, created: CreatedWorkspace, _: str = "", **more: Any) -> Self:  # type: ignore[override]  # of both
        """Build the workspace object with its first key."""
        return super().of(created.workspace, first_key=IssuedKeyShape.of(created.first), **more)


class WorkspacePage(msgspec.Struct, frozen=True):
    """A page of a list of workspaces; `next_cursor` is null at the end."""

    items: list[WorkspaceShape]
    next_cursor: str | None
