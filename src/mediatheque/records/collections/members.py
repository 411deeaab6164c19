"""Rows about which assets were put into which collections."""

from uuid import UUID

from mediatheque.model import CollectionType
from mediatheque.records.database import Connection


async def lock_for_share(conn: Connection, workspace_id: UUID, id: UUID) -> CollectionType | None:
    """The type of the workspace's collection, which stays until the transaction ends; None if there is none."""
    cursor = await conn.execute(
        "SELECT type FROM collection WHERE workspace_id = %s AND id = %s FOR KEY SHARE", (workspace_id, id)
    )
    row = await cursor.fetchone()
    return CollectionType(row["type"]) if row else None


async def add(conn: Connection, id: UUID, asset_id: UUID) -> None:
    """Put the asset into the collection; once."""
    await conn.execute(
        """
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %s, id, created_at FROM asset WHERE id = %s ON CONFLICT DO NOTHING
        """,
        (id, asset_id),
    )


async def remove(conn: Connection, id: UUID, asset_id: UUID) -> None:
    """Take the asset out of the collection, if it is in there."""
    await conn.execute("DELETE FROM collection_asset WHERE collection_id = %s AND asset_id = %s", (id, asset_id))
