"""Rows of API keys."""

from typing import Any
from uuid import UUID

from mediatheque.model import Key, Scope
from mediatheque.records.database import Connection

_KEY = """
    SELECT k.*, w.name AS workspace FROM api_key k JOIN workspace w ON w.id = k.workspace_id
"""


def _key(row: dict[str, Any]) -> Key:
    return Key(
        id=row["id"],
        workspace_id=row["workspace_id"],
        workspace=row["workspace"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        secret_hash=row["secret_hash"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


async def insert_key(
    conn: Connection, *, id: UUID, workspace_id: UUID, secret_hash: bytes, scopes: frozenset[Scope]
) -> None:
    """Insert a key, of its secret only the hash."""
    await conn.execute(
        "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, %s, %s)",
        (id, workspace_id, secret_hash, sorted(scopes)),
    )


async def find_key(conn: Connection, id: UUID) -> Key | None:
    """Return the key of that id, revoked or not."""
    cursor = await conn.execute(_KEY + "WHERE k.id = %s", (id,))
    row = await cursor.fetchone()
    return _key(row) if row else None


async def list_keys(conn: Connection) -> list[Key]:
    """Return every key of every workspace, oldest first. For the operator only."""
    cursor = await conn.execute(_KEY + "ORDER BY k.created_at, k.id")
    return [_key(row) for row in await cursor.fetchall()]


async def revoke_key(conn: Connection, id: UUID) -> bool:
    """Revoke the key. Return False if there is no live key of that id."""
    cursor = await conn.execute("UPDATE api_key SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (id,))
    return cursor.rowcount == 1


async def touch_key(conn: Connection, id: UUID) -> None:
    """Record that the key was used, at most once a minute."""
    await conn.execute(
        """
        UPDATE api_key SET last_used_at = now()
        WHERE id = %s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        """,
        (id,),
    )
