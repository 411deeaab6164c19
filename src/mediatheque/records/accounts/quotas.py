"""Rows of quotas. The triggers of `blob` and `asset` (migration 0018) refuse what exceeds one."""

from uuid import UUID

from mediatheque.model import Quota
from mediatheque.records.database import Connection


async def find(conn: Connection, workspace_id: UUID) -> Quota | None:
    """Return the workspace's quota, None if it has none."""
    cursor = await conn.execute(
        "SELECT max_bytes, max_assets FROM workspace_quota WHERE workspace_id = %s", (workspace_id,)
    )
    row = await cursor.fetchone()
    return Quota(**row) if row else None


async def put(conn: Connection, workspace_id: UUID, quota: Quota) -> bool:
    """Set the workspace's quota, or remove it when it limits nothing. Return False if there is no such workspace.

    What the workspace stores already stays, even if it is more.
    """
    cursor = await conn.execute("SELECT FROM workspace WHERE id = %s FOR KEY SHARE", (workspace_id,))
    if await cursor.fetchone() is None:
        return False
    if quota == Quota():
        await conn.execute("DELETE FROM workspace_quota WHERE workspace_id = %s", (workspace_id,))
        return True
    await conn.execute(
        """
        INSERT INTO workspace_quota (workspace_id, max_bytes, max_assets) VALUES (%s, %s, %s)
        ON CONFLICT (workspace_id) DO UPDATE SET max_bytes = excluded.max_bytes, max_assets = excluded.max_assets
        """,
        (workspace_id, quota.max_bytes, quota.max_assets),
    )
    return True
