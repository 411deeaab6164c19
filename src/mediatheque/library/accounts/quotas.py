"""Quotas of workspaces: how many bytes and assets each may store.

The database refuses what exceeds a quota in the transaction that would store it, whichever way it came, so that
concurrent requests never exceed it together. What is checked here refuses most of it before a byte is received.
"""

from uuid import UUID

import msgspec
from cachetools import TTLCache

from mediatheque.errors import QuotaExceeded, WorkspaceNotFound
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Quota
from mediatheque.records.accounts import quotas as rows
from mediatheque.records.accounts import usage
from mediatheque.records.database import Database

_CACHE_SECONDS = 2.0
"""How long this process may still go by a former quota before the bytes arrive; when they are stored, nobody does."""
_NONE = Quota()


class Room(msgspec.Struct, frozen=True):
    """How many bytes a workspace may add, and its quota."""

    left: int
    limit: int


class Quotas:
    """Operations on quotas: set and read them, and check what is about to be stored."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: TTLCache[UUID, Quota] = TTLCache(maxsize=10_000, ttl=_CACHE_SECONDS)

    async def set(self, workspace_id: UUID, quota: Quota, claim: Claim | None = None) -> Quota:
        """Set the workspace's quota and return it; without limits it has none. Raises `WorkspaceNotFound`.

        What the workspace stores already stays, even if it is more.
        """
        async with self._database.transaction() as conn:
            if not await rows.put(conn, workspace_id, quota):
                raise WorkspaceNotFound
            await store_reply(conn, claim, quota)
        self._cached.pop(workspace_id, None)
        return quota

    async def get(self, workspace_id: UUID) -> Quota:
        """Return the workspace's quota."""
        async with self._database.connection() as conn:
            return await rows.find(conn, workspace_id) or _NONE

    async def check(self, workspace_id: UUID, *, size: int = 1, assets: int = 0) -> Room | None:
        """Return how many bytes the workspace may add, None if it has no such limit.

        Raises `QuotaExceeded` when it may not add `size` bytes or as many `assets`. `size` is what was announced, at
        least 1: whether the library has the same content already is not known before it has arrived.
        """
        quota = await self._quota(workspace_id)
        if quota == _NONE:
            return None
        async with self._database.connection() as conn:
            stored = await usage.stored(conn, workspace_id)
        if quota.max_assets is not None and assets and stored.assets + assets > quota.max_assets:
            raise QuotaExceeded(quota.max_assets, "assets")
        if quota.max_bytes is None:
            return None
        if stored.bytes + size > quota.max_bytes:
            raise QuotaExceeded(quota.max_bytes)
        return Room(quota.max_bytes - stored.bytes, quota.max_bytes)

    async def _quota(self, workspace_id: UUID) -> Quota:
        quota = self._cached.get(workspace_id)
        if quota is None:
            quota = self._cached[workspace_id] = await self.get(workspace_id)
        return quota
