"""Rows about collections: manual ones in a tree, smart ones and characters."""

from typing import Any
from uuid import UUID

from mediatheque.model import Collection, CollectionType
from mediatheque.records.database import Connection


def from_row(row: dict[str, Any]) -> Collection:
    """A collection from its row."""
    return Collection(
        id=row["id"],
        workspace_id=row["workspace_id"],
        type=CollectionType(row["type"]),
        name=row["name"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def insert(conn: Connection, *, id: UUID, workspace_id: UUID, name: str) -> Collection:
    """Store an empty collection."""
    cursor = await conn.execute(
        "INSERT INTO collection (id, workspace_id, name) VALUES (%s, %s, %s) RETURNING *",
        (id, workspace_id, name),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("an insert returns its row")
    return from_row(row)


async def exists(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Whether the workspace has that collection; if so it is held until the transaction ends."""
    cursor = await conn.execute(
        "SELECT FROM collection WHERE workspace_id = %s AND id = %s FOR KEY SHARE", (workspace_id, id)
    )
    return await cursor.fetchone() is not None


async def add(conn: Connection, id: UUID, asset_id: UUID) -> None:
    """Put the asset into the collection; once."""
    await conn.execute(
        """
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %s, id, created_at FROM asset WHERE id = %s ON CONFLICT DO NOTHING
        """,
        (id, asset_id),
    )
