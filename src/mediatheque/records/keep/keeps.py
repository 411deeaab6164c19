"""Rows of keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import Cursor
from mediatheque.model.keep import Keep, KeepFilter, KeepState, Labels
from mediatheque.records.database import Connection

_ACTIVE = "state IN ('waiting', 'saving')"


def _from_row(row: Mapping[str, Any]) -> Keep:
    return Keep(
        **{
            **row,
            "state": KeepState(row["state"]),
            "inputs": tuple(row["inputs"]),
            "labels": msgspec.convert(row["labels"], Labels),
        }
    )


async def insert(conn: Connection, keep: Keep) -> bool:
    """Insert the keep without its outputs. Return False when the workspace has one of that provider and subject."""
    cursor = await conn.execute(
        """
        INSERT INTO keep (id, workspace_id, provider, subject, request_id, endpoint, prompt, inputs, labels, state,
                          reason, sealed_key, created_at, give_up_at, next_attempt_at, ended_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (workspace_id, provider, subject) DO NOTHING
        """,
        (
            keep.id,
            keep.workspace_id,
            keep.provider,
            keep.subject,
            keep.request_id,
            keep.endpoint,
            keep.prompt,
            list(keep.inputs),
            Jsonb(msgspec.to_builtins(keep.labels)),
            keep.state,
            keep.reason,
            keep.sealed_key,
            keep.created_at,
            keep.give_up_at,
            keep.next_attempt_at,
            keep.ended_at,
        ),
    )
    return cursor.rowcount == 1


async def lock_by_subject(conn: Connection, workspace_id: UUID, provider: str, subject: str) -> Keep | None:
    """Return the keep without its outputs, locked until the transaction ends."""
    return await _one(
        conn,
        "WHERE workspace_id = %s AND provider = %s AND subject = %s FOR UPDATE",
        (workspace_id, provider, subject),
    )


async def lock(conn: Connection, id: UUID, workspace_id: UUID | None = None) -> Keep | None:
    """Return the keep as it is now without its outputs, locked until the transaction ends. Workers know only ids."""
    return await _one(
        conn, "WHERE id = %s AND workspace_id = COALESCE(%s, workspace_id) FOR UPDATE", (id, workspace_id)
    )


async def is_live(conn: Connection, workspace_id: UUID) -> bool:
    """Whether the workspace is neither suspended nor being deleted."""
    cursor = await conn.execute(
        "SELECT FROM workspace WHERE id = %s AND suspended_at IS NULL AND deleted_at IS NULL", (workspace_id,)
    )
    return await cursor.fetchone() is not None


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> Keep | None:
    """Return the workspace's keep without its outputs."""
    return await _one(conn, "WHERE workspace_id = %s AND id = %s", (workspace_id, id))


async def page(
    conn: Connection, workspace_id: UUID, wanted: KeepFilter, after: Cursor | None, limit: int
) -> list[Keep]:
    """Return at most `limit` keeps after the cursor, newest first, without their outputs."""
    conditions, parameters = ["workspace_id = %s"], [workspace_id]  # type: list[str], list[Any]
    for column, value in msgspec.structs.asdict(wanted).items():
        if value is not None:
            conditions.append(f"{column} = %s")
            parameters.append(value)
    if after:
        conditions.append("(created_at, id) < (%s, %s)")
        parameters += [after.created_at, after.id]
    where = f"WHERE {' AND '.join(conditions)} ORDER BY created_at DESC, id DESC LIMIT %s"
    return await _many(conn, where, [*parameters, limit])


async def update(conn: Connection, keep: Keep) -> None:
    """Write every column that changes. The caller has locked the row."""
    await conn.execute(
        """
        UPDATE keep SET endpoint = %s, prompt = %s, inputs = %s, state = %s, reason = %s, sealed_key = %s,
            attempts = %s, failures = %s, unfinished = %s, give_up_at = %s, next_attempt_at = %s, ended_at = %s
        WHERE workspace_id = %s AND id = %s
        """,
        (
            keep.endpoint,
            keep.prompt,
            list(keep.inputs),
            keep.state,
            keep.reason,
            keep.sealed_key,
            keep.attempts,
            keep.failures,
            keep.unfinished,
            keep.give_up_at,
            keep.next_attempt_at,
            keep.ended_at,
            keep.workspace_id,
            keep.id,
        ),
    )


async def list_lost(conn: Connection, before: datetime, limit: int, *, lock: str) -> list[UUID]:
    """Return keeps whose next attempt was due before that time and that have no task.

    `lock` is the lock of a keep's task, with `{id}` for its id. A failed task does not count: a keep has dead letters
    of its own.
    """
    cursor = await conn.execute(
        f"""
        SELECT id FROM keep k
        WHERE {_ACTIVE} AND next_attempt_at < %(before)s AND NOT EXISTS (
            SELECT FROM procrastinate_jobs j
            WHERE j.lock = replace(%(lock)s, '{{id}}', k.id::text) AND j.status IN ('todo', 'doing') OFFSET 0
        )
        ORDER BY next_attempt_at LIMIT %(limit)s
        """,  # noqa: S608 - a constant
        {"before": before, "limit": limit, "lock": lock},
    )
    return [row["id"] for row in await cursor.fetchall()]


_COLUMNS = ", ".join(name for name in Keep.__struct_fields__ if name != "outputs")


async def _one(conn: Connection, where: str, parameters: Sequence[object]) -> Keep | None:
    found = await _many(conn, where, parameters)
    return found[0] if found else None


async def _many(conn: Connection, where: str, parameters: Sequence[object]) -> list[Keep]:
    cursor = await conn.execute(f"SELECT {_COLUMNS} FROM keep {where}", parameters)  # noqa: S608 - constants
    return [_from_row(row) for row in await cursor.fetchall()]
