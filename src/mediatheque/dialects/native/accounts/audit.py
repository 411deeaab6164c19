"""The audit log in the native API: of the caller's workspace, and of all for keys with the scope `instance`."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.shapes import Time
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, token_of_cursor
from mediatheque.model import ActorKind, AuditEntry, AuditFilter, Cursor, Scope

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuditEntryShape(msgspec.Struct, frozen=True, kw_only=True):
    """A change: who made it, when and from where.

    `action` is the kind of the target and a verb. `related_id` is what the target was put into, tagged with or became.
    """

    id: UUID
    created_at: Time
    workspace_id: UUID | None
    action: str
    target_id: UUID | None
    related_id: UUID | None
    actor: ActorKind
    key_id: UUID | None
    key_name: str | None
    address: str | None
    user_agent: str | None
    request_id: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Build the object."""
        actor = entry.actor
        return cls(
            id=entry.id,
            created_at=entry.created_at,
            workspace_id=entry.workspace_id,
            action=entry.action,
            target_id=entry.target_id,
            related_id=entry.related_id,
            actor=actor.kind,
            key_id=actor.key_id,
            key_name=actor.key_name,
            address=actor.address,
            user_agent=actor.user_agent,
            request_id=actor.request_id,
        )


class AuditPage(msgspec.Struct, frozen=True):
    """A page of the audit log, newest first; `next_cursor` is null at the end."""

    items: list[AuditEntryShape]
    next_cursor: str | None


class ListEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries. `action` is a whole action, `asset.create`, or a kind of target, `asset`."""

    action: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    target_id: UUID | None = None
    key_id: UUID | None = None
    since: Moment | None = msgspec.field(default=None, name="created_at[gte]")
    until: Moment | None = msgspec.field(default=None, name="created_at[lt]")
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None

    @property
    def after(self) -> Cursor | None:
        """The position of the page. Raises `InvalidQuery`."""
        return cursor_of(self.cursor, param="cursor")

    def filter(self, workspace_id: UUID | None) -> AuditFilter:
        """Return the filter for entries of the workspace, or of all."""
        return AuditFilter(
            workspace_id=workspace_id,
            action=self.action,
            target_id=self.target_id,
            key_id=self.key_id,
            since=self.since,
            until=self.until,
        )


class ListAllEntries(ListEntries, frozen=True, kw_only=True):
    """Which entries of which workspace; without one, of all, and those that belong to none."""

    workspace_id: UUID | None = None


@get("/api/audit", scope=Scope.ADMIN)
async def list_audit_entries(request: AppRequest, query: ListEntries) -> AuditPage:
    """List what was changed in the workspace, newest first.

    A change that was acknowledged has its entry, and one that failed has none. Entries are kept for the days that the
    server's setting MEDIATHEQUE_AUDIT_DAYS says. Of changes by those who administer the workspaces, neither key nor
    address is told.
    """
    log = request.library.accounts.audit
    return _shown(*await log.page_of_workspace(query.filter(request.workspace_id), query.after, query.limit))


@get("/api/instance/audit", scope=Scope.INSTANCE)
async def list_all_audit_entries(request: AppRequest, query: ListAllEntries) -> AuditPage:
    """List what was changed in any workspace, newest first.

    Entries of a deleted workspace are kept as long as all others.
    """
    log = request.library.accounts.audit
    return _shown(*await log.page(query.filter(query.workspace_id), query.after, query.limit))


def _shown(found: list[AuditEntry], more: bool) -> AuditPage:
    last = Cursor(found[-1].created_at, found[-1].id) if more and found else None
    return AuditPage([AuditEntryShape.of(entry) for entry in found], token_of_cursor(last) if last else None)


ROUTES = (list_audit_entries, list_all_audit_entries)
