"""Pending writes: one row for each storage key whose bytes are being written or deleted."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from mediatheque.records.database import Connection, fetch_one


async def begin(conn: Connection, storage_keys: Sequence[str], *, instead_of: Sequence[str] = ()) -> UUID | None:
    """Record that bytes are about to be written under the keys; a mark for deletion is kept.

    The pending writes of the keys `instead_of` end: nothing was written under them, and nothing will be. Return the id
    of the store that the bytes belong in.
    """
    cursor = await conn.execute(
        """
        WITH begun AS (
            INSERT INTO pending_write (storage_key) SELECT unnest(%s::text[]) ON CONFLICT (storage_key) DO NOTHING
        ), unused AS (DELETE FROM pending_write WHERE storage_key = ANY(%s::text[]) AND NOT deleting)
        SELECT (SELECT id FROM store_identity WHERE written_at IS NOT NULL) AS store
        """,
        (list(storage_keys), list(instead_of)),
    )
    store: UUID | None = (await fetch_one(cursor))["store"]
    return store


async def mark_for_deletion(conn: Connection, storage_keys: Sequence[str]) -> None:
    """Record that the bytes under the keys are to be deleted."""
    await conn.execute(
        """
        INSERT INTO pending_write (storage_key, deleting) SELECT unnest(%s::text[]), true
        ON CONFLICT (storage_key) DO UPDATE SET deleting = true
        """,
        (list(storage_keys),),
    )


async def mark_stale_for_deletion(conn: Connection, age: timedelta) -> None:
    """Mark writes for deletion that began longer than `age` ago."""
    await conn.execute("UPDATE pending_write SET deleting = true WHERE begun_at < now() - %s AND NOT deleting", (age,))


async def list_marked(conn: Connection, limit: int) -> list[str]:
    """Return keys marked for deletion, oldest first."""
    cursor = await conn.execute(
        "SELECT storage_key FROM pending_write WHERE deleting ORDER BY begun_at LIMIT %s", (limit,)
    )
    return [row["storage_key"] for row in await cursor.fetchall()]


async def forget(conn: Connection, storage_keys: Sequence[str]) -> None:
    """Delete the rows of marked keys, after their bytes are deleted."""
    await conn.execute("DELETE FROM pending_write WHERE storage_key = ANY(%s) AND deleting", (list(storage_keys),))
