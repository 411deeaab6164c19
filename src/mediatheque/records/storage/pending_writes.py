"""Rows about bytes on their way into or out of the store, so that a crash leaves nothing there unknown."""

from collections.abc import Sequence
from datetime import timedelta

from mediatheque.records.database import Connection


async def begin(conn: Connection, storage_key: str) -> None:
    """Note that bytes are about to be stored under this key; one that is being given up stays so."""
    await conn.execute(
        "INSERT INTO pending_write (storage_key) VALUES (%s) ON CONFLICT (storage_key) DO NOTHING", (storage_key,)
    )


async def end(conn: Connection, storage_key: str) -> bool:
    """The bytes are there and, when this commits, named by a blob. False if they have been given up meanwhile."""
    cursor = await conn.execute("DELETE FROM pending_write WHERE storage_key = %s AND NOT deleting", (storage_key,))
    return cursor.rowcount == 1


async def mark_for_deletion(conn: Connection, storage_keys: Sequence[str]) -> None:
    """Note that the bytes under these keys are to be removed, whatever happens next."""
    await conn.execute(
        """
        INSERT INTO pending_write (storage_key, deleting) SELECT unnest(%s::text[]), true
        ON CONFLICT (storage_key) DO UPDATE SET deleting = true
        """,
        (list(storage_keys),),
    )


async def mark_stale_for_deletion(conn: Connection, age: timedelta) -> None:
    """The same for placements begun longer than `age` ago."""
    await conn.execute("UPDATE pending_write SET deleting = true WHERE begun_at < now() - %s AND NOT deleting", (age,))


async def list_marked(conn: Connection, limit: int) -> list[str]:
    """Keys whose bytes are to be removed, oldest first."""
    cursor = await conn.execute(
        "SELECT storage_key FROM pending_write WHERE deleting ORDER BY begun_at LIMIT %s", (limit,)
    )
    return [row["storage_key"] for row in await cursor.fetchall()]


async def forget(conn: Connection, storage_keys: Sequence[str]) -> None:
    """The bytes under these keys are removed."""
    await conn.execute("DELETE FROM pending_write WHERE storage_key = ANY(%s) AND deleting", (list(storage_keys),))
