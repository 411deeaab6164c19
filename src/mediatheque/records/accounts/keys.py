"""Rows of API keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mediatheque.model import Cursor, Key, Scope
from mediatheque.records.database import Connection, fetch_one

_KEY = """
    SELECT k.*, w.name AS workspace, w.suspended_at IS NOT NULL AS is_suspended
    FROM api_key k JOIN workspace w ON w.id = k.workspace_id
"""
_KEY_WITH_NAMES = """
    SELECT k.*, w.name AS workspace, w.suspended_at IS NOT NULL AS is_suspended, ARRAY(
        SELECT n.name FROM workspace_name n WHERE n.workspace_id = w.id AND n.name <> w.name ORDER BY n.taken_at DESC
    ) AS former_names
    FROM api_key k JOIN workspace w ON w.id = k.workspace_id
"""


def _key(row: dict[str, Any]) -> Key:
    return Key(
        id=row["id"],
        workspace_id=row["workspace_id"],
        workspace=row["workspace"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        secret_hash=row["secret_hash"],
        created_at=row["created_at"],
        name=row["name"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
        previous_hash=row["previous_hash"],
        previous_expires_at=row["previous_expires_at"],
        former_names=tuple(row.get("former_names", ())),
        is_suspended=row["is_suspended"],
    )


async def insert_key(
    conn: Connection,
    *,
    id: UUID,
    workspace_id: UUID,
    secret_hash: bytes,
    scopes: frozenset[Scope],
    name: str = "",
    expires_at: datetime | None = None,
) -> datetime:
    """Insert a key, of its secret only the hash. Return when it was created."""
    cursor = await conn.execute(
        """
        INSERT INTO api_key (id, workspace_id, secret_hash, scopes, name, expires_at) VALUES (%s, %s, %s, %s, %s, %s)
        RETURNING created_at
        """,
        (id, workspace_id, secret_hash, sorted(scopes), name, expires_at),
    )
    created_at: datetime = (await fetch_one(cursor))["created_at"]
    return created_at


async def find_key(conn: Connection, id: UUID) -> Key | None:
    """Return the key of that id, revoked or not, with the former names of its workspace, unless that is deleted."""
    cursor = await conn.execute(_KEY_WITH_NAMES + "WHERE k.id = %s AND w.deleted_at IS NULL", (id,))
    row = await cursor.fetchone()
    return _key(row) if row else None


async def find_in_workspace(conn: Connection, workspace_id: UUID, id: UUID) -> Key | None:
    """Return the workspace's key of that id, revoked or not."""
    cursor = await conn.execute(_KEY + "WHERE k.workspace_id = %s AND k.id = %s", (workspace_id, id))
    row = await cursor.fetchone()
    return _key(row) if row else None


async def page(conn: Connection, workspace_id: UUID, after: Cursor | None, limit: int) -> list[Key]:
    """Return the workspace's keys after the cursor, newest first, revoked ones as well."""
    where = "WHERE k.workspace_id = %s" + (" AND (k.created_at, k.id) < (%s, %s)" if after else "")
    parameters = (workspace_id, *((after.created_at, after.id) if after else ()), limit)
    cursor = await conn.execute(f"{_KEY} {where} ORDER BY k.created_at DESC, k.id DESC LIMIT %s", parameters)
    return [_key(row) for row in await cursor.fetchall()]


async def list_keys(conn: Connection) -> list[Key]:
    """Return every key of every workspace that is not deleted, oldest first. For the operator only."""
    cursor = await conn.execute(_KEY + "WHERE w.deleted_at IS NULL ORDER BY k.created_at, k.id")
    return [_key(row) for row in await cursor.fetchall()]


async def has_other_admin(conn: Connection, key: Key) -> bool:
    """Return whether the workspace has another live key with the scope `admin` that ends no earlier than this one."""
    cursor = await conn.execute(
        """
        SELECT EXISTS (
            SELECT FROM api_key WHERE workspace_id = %s AND id <> %s AND 'admin' = ANY(scopes) AND revoked_at IS NULL
                AND COALESCE(expires_at, 'infinity') > now()
                AND COALESCE(expires_at, 'infinity') >= COALESCE(%s, 'infinity'::timestamptz)
        ) AS found
        """,
        (key.workspace_id, key.id, key.expires_at),
    )
    return bool((await fetch_one(cursor))["found"])


async def set_fields(conn: Connection, id: UUID, *, name: str, expires_at: datetime | None) -> None:
    """Set the name and the end of a key."""
    await conn.execute("UPDATE api_key SET name = %s, expires_at = %s WHERE id = %s", (name, expires_at, id))


async def set_secret(conn: Connection, id: UUID, secret_hash: bytes, overlap: timedelta) -> None:
    """Set the hash of another secret. The secret before is good for the overlap, and none before that one."""
    await conn.execute(
        """
        UPDATE api_key SET secret_hash = %(hash)s,
            previous_hash = CASE WHEN %(overlap)s > interval '0' THEN secret_hash END,
            previous_expires_at = CASE WHEN %(overlap)s > interval '0' THEN now() + %(overlap)s END
        WHERE id = %(id)s
        """,
        {"hash": secret_hash, "overlap": overlap, "id": id},
    )


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
