"""Rows of hooks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import Cursor
from mediatheque.model.keep import Hook, Labels
from mediatheque.records.database import Connection

_COLUMNS = ", ".join(Hook.__struct_fields__)


def _from_row(row: Mapping[str, Any]) -> Hook:
    return Hook(**{**row, "labels": msgspec.convert(row["labels"], Labels)})


async def insert(conn: Connection, hook: Hook, token_hash: bytes) -> None:
    """Insert the hook, of its token only the hash."""
    await conn.execute(
        """
        INSERT INTO hook (id, workspace_id, key_id, provider, endpoint, token_hash, sealed_secret, labels, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            hook.id,
            hook.workspace_id,
            hook.key_id,
            hook.provider,
            hook.endpoint,
            token_hash,
            hook.sealed_secret,
            Jsonb(msgspec.to_builtins(hook.labels)),
            hook.created_at,
        ),
    )


async def find_by_token(conn: Connection, token_hash: bytes, provider: str) -> Hook | None:
    """Return the provider's hook of any live workspace with that token: the token is what authorizes."""
    cursor = await conn.execute(
        f"""
        SELECT {_COLUMNS} FROM hook h WHERE token_hash = %s AND provider = %s AND EXISTS (
            SELECT FROM workspace w WHERE w.id = h.workspace_id AND w.suspended_at IS NULL AND w.deleted_at IS NULL
        )
        """,  # noqa: S608 - constants
        (token_hash, provider),
    )
    row = await cursor.fetchone()
    return _from_row(row) if row else None


async def find(conn: Connection, workspace_id: UUID, id: UUID, *, lock: bool = False) -> Hook | None:
    """Return the workspace's hook, with `lock` locked until the transaction ends."""
    cursor = await conn.execute(
        f"SELECT {_COLUMNS} FROM hook WHERE workspace_id = %s AND id = %s{' FOR UPDATE' if lock else ''}",  # noqa: S608 - constants
        (workspace_id, id),
    )
    row = await cursor.fetchone()
    return _from_row(row) if row else None


async def page(conn: Connection, workspace_id: UUID, after: Cursor | None, limit: int) -> list[Hook]:
    """Return at most `limit` hooks after the cursor, newest first."""
    cursor = await conn.execute(
        f"""
        SELECT {_COLUMNS} FROM hook
        WHERE workspace_id = %s AND (%s::uuid IS NULL OR (created_at, id) < (%s, %s))
        ORDER BY created_at DESC, id DESC LIMIT %s
        """,  # noqa: S608 - constants
        (
            workspace_id,
            after.id if after else None,
            after.created_at if after else None,
            after.id if after else None,
            limit,
        ),
    )
    return [_from_row(row) for row in await cursor.fetchall()]


async def set_secret(conn: Connection, hook: Hook, sealed_secret: bytes) -> None:
    """Replace the hook's secret."""
    await conn.execute(
        "UPDATE hook SET sealed_secret = %s WHERE workspace_id = %s AND id = %s",
        (sealed_secret, hook.workspace_id, hook.id),
    )


async def delete(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Delete the hook. Return False when the workspace has none of that id."""
    cursor = await conn.execute("DELETE FROM hook WHERE workspace_id = %s AND id = %s", (workspace_id, id))
    return cursor.rowcount == 1
