"""The row that says which store of blobs belongs to this database, and what the database expects there."""

from typing import Any
from uuid import UUID

import msgspec

from mediatheque.records.database import Connection, fetch_one


class StoreIdentityRow(msgspec.Struct, frozen=True):
    """The id in the store's mark, and whether the mark is known to have been written."""

    id: UUID
    written: bool


_SELECT = "SELECT id, written_at IS NOT NULL AS written FROM store_identity"


def _from_row(row: dict[str, Any]) -> StoreIdentityRow:
    return StoreIdentityRow(row["id"], row["written"])


async def find(conn: Connection) -> StoreIdentityRow | None:
    """Return the row; None before the first start."""
    row = await (await conn.execute(_SELECT)).fetchone()
    return _from_row(row) if row else None


async def insert(conn: Connection, id: UUID) -> None:
    """Insert the row, unless there is one."""
    await conn.execute("INSERT INTO store_identity (id) VALUES (%s) ON CONFLICT DO NOTHING", (id,))


async def lock(conn: Connection) -> StoreIdentityRow:
    """Return the row, which exists, and lock it until the transaction ends: one node at a time marks the store."""
    return _from_row(await fetch_one(await conn.execute(f"{_SELECT} FOR UPDATE")))


async def replace(conn: Connection, id: UUID) -> None:
    """Expect another mark, which is not written yet."""
    await conn.execute("UPDATE store_identity SET id = %s, written_at = NULL", (id,))


async def set_written(conn: Connection) -> None:
    """Record that the mark is in the store."""
    await conn.execute("UPDATE store_identity SET written_at = now() WHERE written_at IS NULL")


async def expects_bytes(conn: Connection) -> bool:
    """Return whether a row names bytes that should be in the store, or that a server may be writing into it now."""
    cursor = await conn.execute(
        """
        SELECT EXISTS (SELECT FROM blob) OR EXISTS (SELECT FROM upload) OR EXISTS (
            SELECT FROM pending_write WHERE NOT deleting AND begun_at > now() - interval '1 hour'
        ) AS expects
        """
    )
    return bool((await fetch_one(cursor))["expects"])


async def count_blobs(conn: Connection) -> int:
    """Return the number of blobs."""
    return int((await fetch_one(await conn.execute("SELECT count(*) AS blobs FROM blob")))["blobs"])


async def sample_keys(conn: Connection, limit: int) -> list[str]:
    """Return storage keys of some blobs. Their ids are random, so the first ones are from all times."""
    cursor = await conn.execute("SELECT storage_key FROM blob ORDER BY id LIMIT %s", (limit,))
    return [row["storage_key"] for row in await cursor.fetchall()]
