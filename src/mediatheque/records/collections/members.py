"""Rows of assets in collections.

Rows of `collection_asset` have no workspace: callers have checked that asset and collection belong to the same one.
"""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import CollectionType
from mediatheque.records.database import Connection


async def lock_for_share(conn: Connection, workspace_id: UUID, id: UUID) -> CollectionType | None:
    """Lock the collection against deletion until the transaction ends. Return its type, or None if there is none."""
    cursor = await conn.execute(
        "SELECT type FROM collection WHERE workspace_id = %s AND id = %s FOR KEY SHARE", (workspace_id, id)
    )
    row = await cursor.fetchone()
    return CollectionType(row["type"]) if row else None


async def add(conn: Connection, workspace_id: UUID, id: UUID, asset_id: UUID) -> None:
    """Add the asset to the collection, unless it is a member."""
    await conn.execute(
        """
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %s, id, created_at FROM asset WHERE workspace_id = %s AND id = %s ON CONFLICT DO NOTHING
        """,
        (id, workspace_id, asset_id),
    )


async def remove_from_others(conn: Connection, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Remove the asset from all collections but these."""
    await conn.execute(
        "DELETE FROM collection_asset WHERE asset_id = %s AND collection_id <> ALL(%s)", (asset_id, list(ids))
    )


async def remove(conn: Connection, id: UUID, asset_id: UUID) -> None:
    """Remove the asset from the collection, if it is a member."""
    await conn.execute("DELETE FROM collection_asset WHERE collection_id = %s AND asset_id = %s", (id, asset_id))
