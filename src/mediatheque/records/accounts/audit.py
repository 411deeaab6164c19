"""Rows of the audit log. Triggers write them (migration 0020), `record` those of changes that have no table."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from mediatheque.model import Actor, ActorKind, AuditEntry, AuditFilter, Cursor
from mediatheque.records.database import Connection

FREQUENT = ("asset.create", "file.create", "upload.create", "upload.part", "upload.complete")
"""The actions that the index `audit_log_action` leaves out."""


async def record(conn: Connection, action: str, target_id: UUID | None = None) -> None:
    """Write a row in the caller's transaction, if there is an actor."""
    await conn.execute("SELECT record_audit(NULL, %s, %s)", (action, target_id))


async def page(conn: Connection, wanted: AuditFilter, after: Cursor | None, limit: int) -> list[AuditEntry]:
    """Return the next entries after the cursor, newest first."""
    where, parameters = _where(wanted)
    if after is not None:
        where.append("(created_at, id) < (%s, %s)")
        parameters += [after.created_at, after.id]
    cursor = await conn.execute(
        f"""
        SELECT id, created_at, workspace_id, action, target_id, related_id,
            actor, key_id, key_name, host(address) AS address, user_agent, request_id
        FROM audit_log WHERE {" AND ".join(where) or "true"} ORDER BY created_at DESC, id DESC LIMIT %s
        """,  # noqa: S608 - constants
        [*parameters, limit],
    )
    return [_entry(row) for row in await cursor.fetchall()]


def _where(wanted: AuditFilter) -> tuple[list[str], list[object]]:
    conditions: list[tuple[str, object]] = [
        ("workspace_id = %s", wanted.workspace_id),
        ("target_id = %s", wanted.target_id),
        ("key_id = %s", wanted.key_id),
        ("created_at >= %s", wanted.since),
        ("created_at < %s", wanted.until),
    ]
    given = [(condition, value) for condition, value in conditions if value is not None]
    where, parameters = [condition for condition, _ in given], [value for _, value in given]
    if wanted.action is not None and "." in wanted.action:
        where.append("action = %s")
        parameters.append(wanted.action)
        if wanted.action not in FREQUENT:
            where.append(f"action NOT IN ({', '.join(repr(action) for action in FREQUENT)})")  # as the index says it
    elif wanted.action is not None:
        where.append("starts_with(action, %s)")
        parameters.append(wanted.action + ".")
    return where, parameters


def _entry(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        created_at=row["created_at"],
        workspace_id=row["workspace_id"],
        action=row["action"],
        target_id=row["target_id"],
        related_id=row["related_id"],
        actor=Actor(
            kind=ActorKind(row["actor"]),
            key_id=row["key_id"],
            key_name=row["key_name"],
            address=row["address"],
            user_agent=row["user_agent"],
            request_id=row["request_id"],
        ),
    )


async def delete_old(conn: Connection, age: timedelta, limit: int) -> int:
    """Delete at most `limit` entries older than `age`, oldest first, and return how many."""
    cursor = await conn.execute(
        """
        DELETE FROM audit_log WHERE (created_at, id) IN (
            SELECT created_at, id FROM audit_log WHERE created_at < now() - %s
            ORDER BY created_at, id LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (age, limit),
    )
    return cursor.rowcount
