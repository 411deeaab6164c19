"""Quotas and usage in the native API: of the caller's workspace, and of any for keys with the scope `instance`."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get, put
from mediatheque.errors import InvalidQuery, WorkspaceNotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import Kind, Quota, Scope, Stored, Usage, UsageDay

_MAX_DAYS = 366
_DEFAULT_DAYS = 30
_WORKSPACE = "/api/workspaces/{id}"

Limit = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class QuotaShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a workspace may store; null is no limit."""

    max_bytes: Limit | None
    max_assets: Limit | None

    @classmethod
    def of(cls, quota: Quota, _: str = "") -> Self:
        """Build the object."""
        return cls(quota.max_bytes, quota.max_assets)


class StoredShape(msgspec.Struct, frozen=True):
    """An amount: bytes, each content counted once, and assets, those in the trash among them."""

    bytes: int
    assets: int

    @classmethod
    def of(cls, stored: Stored) -> Self:
        """Build the object."""
        return cls(stored.bytes, stored.assets)


class KindUsage(StoredShape, frozen=True):
    """What is stored of one kind."""

    kind: Kind


class UsageShape(msgspec.Struct, frozen=True):
    """What a workspace stores now, in all and by kind, and what it may store."""

    bytes: int
    assets: int
    by_kind: tuple[KindUsage, ...]
    quota: QuotaShape

    @classmethod
    def of(cls, usage: Usage, quota: Quota) -> Self:
        """Build the object."""
        kinds = tuple(KindUsage(stored.bytes, stored.assets, kind) for kind, stored in usage.by_kind.items())
        return cls(usage.total.bytes, usage.total.assets, kinds, QuotaShape.of(quota))


class DayShape(msgspec.Struct, frozen=True):
    """What was stored at the end of a day (UTC), and what was added and removed on it."""

    day: date
    stored: StoredShape
    added: StoredShape
    removed: StoredShape

    @classmethod
    def of(cls, day: UsageDay) -> Self:
        """Build the object."""
        return cls(day.day, *(StoredShape.of(amount) for amount in (day.stored, day.added, day.removed)))


class UsageDays(msgspec.Struct, frozen=True):
    """Days, the oldest first."""

    items: list[DayShape]


class ListDays(msgspec.Struct, frozen=True):
    """The first and the last day (UTC). Without `to` it is today, without `from` 30 days are listed."""

    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")

    def range(self) -> tuple[date, date]:
        """Return the first and the last day. Raises `InvalidQuery` when they are too many, or in the wrong order."""
        last = self.last or datetime.now(UTC).date()
        first = self.first or max(last, date.min + timedelta(_DEFAULT_DAYS)) - timedelta(_DEFAULT_DAYS - 1)
        if not 0 <= (last - first).days < _MAX_DAYS:
            raise InvalidQuery(f"from must be at most {_MAX_DAYS} days before to, and not after it.", param="from")
        return first, last


@get("/api/usage", scope=Scope.ASSETS_READ)
async def get_usage(request: AppRequest) -> UsageShape:
    """Tell what the workspace stores.

    Exact at the moment of the answer. The trash and older versions count, parts of uploads that are not complete do
    not.
    """
    return await _usage(request, request.workspace_id)


@get("/api/usage/days", scope=Scope.ASSETS_READ)
async def list_usage_days(request: AppRequest, query: ListDays) -> UsageDays:
    """Tell what the workspace stored by day.

    Days of which nothing is known are left out: those before the workspace stored anything, in the future, and older
    than 800 days.
    """
    return await _days(request, request.workspace_id, query)


@get(_WORKSPACE + "/usage", scope=Scope.INSTANCE, not_found=WorkspaceNotFound)
async def get_workspace_usage(request: AppRequest, id: UUID) -> UsageShape:
    """Tell what any workspace stores."""
    await request.library.accounts.workspaces.get(id)
    return await _usage(request, id)


@get(_WORKSPACE + "/usage/days", scope=Scope.INSTANCE, not_found=WorkspaceNotFound)
async def list_workspace_usage_days(request: AppRequest, id: UUID, query: ListDays) -> UsageDays:
    """Tell what any workspace stored by day."""
    await request.library.accounts.workspaces.get(id)
    return await _days(request, id, query)


@put(_WORKSPACE + "/quota", scope=Scope.INSTANCE, not_found=WorkspaceNotFound)
async def put_quota(request: AppRequest, id: UUID, body: QuotaShape, claim: Claim | None) -> QuotaShape:
    """Set a workspace's quota.

    It holds from now on for everything that is stored, however many requests come at once. What is stored already
    stays, even if it is more.
    """
    quota = Quota(max_bytes=body.max_bytes, max_assets=body.max_assets)
    return QuotaShape.of(await request.library.accounts.quotas.set(id, quota, claim))


async def _usage(request: AppRequest, workspace_id: UUID) -> UsageShape:
    accounts = request.library.accounts
    return UsageShape.of(await accounts.usage.current(workspace_id), await accounts.quotas.get(workspace_id))


async def _days(request: AppRequest, workspace_id: UUID, query: ListDays) -> UsageDays:
    found = await request.library.accounts.usage.days(workspace_id, *query.range())
    return UsageDays([DayShape.of(day) for day in found])


ROUTES = (get_usage, list_usage_days, get_workspace_usage, list_workspace_usage_days, put_quota)
