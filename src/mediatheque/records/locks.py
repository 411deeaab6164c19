"""Advisory locks of PostgreSQL, for connections of `Database.session`: a pooler would give them to other clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mediatheque.records.database import Connection, fetch_one


@asynccontextmanager
async def try_advisory_lock(conn: Connection, task: str) -> AsyncIterator[bool]:
    """Try to lock the task and yield whether it worked. The lock ends with the block, or with the connection."""
    cursor = await conn.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS taken", (task,))
    taken = bool((await fetch_one(cursor))["taken"])
    try:
        yield taken
    finally:
        if taken and not conn.closed:
            await conn.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (task,))


async def check_alive(conn: Connection) -> None:
    """Raise `DatabaseUnavailable` when the connection is lost, and with it the lock that was taken on it."""
    await conn.execute("SELECT 1")
