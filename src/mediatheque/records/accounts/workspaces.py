"""Rows of workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from mediatheque.model import Cursor, FileDefaults, Workspace
from mediatheque.records.database import Connection, fetch_one


class NameTaken(Exception):
    """The name is, or was, that of another workspace."""


_WORKSPACE = "SELECT id, name, created_at, suspended_at, deleted_at FROM workspace"


async def insert(conn: Connection, id: UUID, name: str) -> Workspace:
    """Create a workspace. Raises `NameTaken`."""
    with _mapping_taken_names():
        await conn.execute("INSERT INTO workspace (id, name) VALUES (%s, %s)", (id, name))
    return _workspace(await fetch_one(await conn.execute(f"{_WORKSPACE} WHERE id = %s", (id,))))


async def ensure_workspace(conn: Connection, id: UUID, name: str) -> tuple[UUID, bool]:
    """Create the workspace under the given id unless the name exists. Return its id, and whether it was created.

    Raises `NameTaken` for a former name, and for that of a workspace that is deleted.
    """
    with _mapping_taken_names():
        cursor = await conn.execute(
            "INSERT INTO workspace (id, name) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", (id, name)
        )
    created = cursor.rowcount == 1
    cursor = await conn.execute("SELECT id FROM workspace WHERE name = %s AND deleted_at IS NULL", (name,))
    row = await cursor.fetchone()
    if row is None:
        raise NameTaken
    return row["id"], created


async def is_name_taken(conn: Connection, name: str) -> bool:
    """Return whether a workspace has or had the name, also one that is deleted."""
    cursor = await conn.execute("SELECT FROM workspace_name WHERE name = %s", (name,))
    return await cursor.fetchone() is not None


async def find(conn: Connection, id: UUID) -> Workspace | None:
    """Return the workspace, also while it is being deleted."""
    row = await (await conn.execute(f"{_WORKSPACE} WHERE id = %s", (id,))).fetchone()
    return _workspace(row) if row else None


async def find_by_name(conn: Connection, name: str) -> Workspace | None:
    """Return the workspace that has the name now."""
    row = await (await conn.execute(f"{_WORKSPACE} WHERE name = %s", (name,))).fetchone()
    return _workspace(row) if row else None


async def lock(conn: Connection, id: UUID) -> Workspace | None:
    """Return the workspace, locked until the transaction ends against other changes of it and of its keys.

    Requests that add content to it do not wait for the lock.
    """
    row = await (await conn.execute(f"{_WORKSPACE} WHERE id = %s FOR NO KEY UPDATE", (id,))).fetchone()
    return _workspace(row) if row else None


async def page(conn: Connection, after: Cursor | None, limit: int) -> list[Workspace]:
    """Return the workspaces after the cursor, newest first."""
    where = "WHERE (created_at, id) < (%s, %s)" if after else ""
    parameters = (*((after.created_at, after.id) if after else ()), limit)
    cursor = await conn.execute(f"{_WORKSPACE} {where} ORDER BY created_at DESC, id DESC LIMIT %s", parameters)
    return [_workspace(row) for row in await cursor.fetchall()]


async def rename(conn: Connection, id: UUID, name: str) -> None:
    """Give the workspace another name. Raises `NameTaken`."""
    with _mapping_taken_names():
        await conn.execute("UPDATE workspace SET name = %s WHERE id = %s", (name, id))


async def set_suspended(conn: Connection, id: UUID, suspended: bool) -> None:
    """Suspend the workspace from now on, unless it is already; or resume it."""
    await conn.execute(
        "UPDATE workspace SET suspended_at = CASE WHEN %s THEN COALESCE(suspended_at, now()) END WHERE id = %s",
        (suspended, id),
    )


async def mark_deleted(conn: Connection, id: UUID) -> None:
    """Record that the workspace is deleted from now on."""
    await conn.execute("UPDATE workspace SET deleted_at = now() WHERE id = %s AND deleted_at IS NULL", (id,))


async def seconds_since_deleted(conn: Connection, id: UUID) -> float:
    """Return for how long the workspace, which is deleted, has been; by the database's clock."""
    cursor = await conn.execute(
        "SELECT extract(epoch FROM clock_timestamp() - deleted_at)::float AS seconds FROM workspace WHERE id = %s",
        (id,),
    )
    return float((await fetch_one(cursor))["seconds"])


async def list_deleted(conn: Connection, limit: int, *, queue: str, lock: str) -> list[UUID]:
    """Return deleted workspaces, the oldest first, that still have a row and no task to delete their content.

    `queue` is the task's queue, and `lock` its lock with `{id}` in place of the workspace's id.
    """
    cursor = await conn.execute(
        """
        SELECT id FROM workspace w WHERE deleted_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM procrastinate_jobs j
            WHERE j.queue_name = %s AND j.lock = replace(%s, '{id}', w.id::text)
                AND j.status IN ('todo', 'doing', 'failed')
        )
        ORDER BY deleted_at LIMIT %s
        """,
        (queue, lock, limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


def _workspace(row: dict[str, Any]) -> Workspace:
    return Workspace(**row)


@contextmanager
def _mapping_taken_names() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise NameTaken from error
    except psycopg.Error as error:
        if error.sqlstate == "MQ010":
            raise NameTaken from error
        raise


async def signing_secret(conn: Connection, workspace_id: UUID) -> bytes:
    """Return the secret that signs links to the workspace's files: 32 bytes."""
    cursor = await conn.execute("SELECT signing_secret FROM workspace WHERE id = %s", (workspace_id,))
    return bytes((await fetch_one(cursor))["signing_secret"])


async def file_defaults(conn: Connection, workspace_id: UUID) -> FileDefaults:
    """Return the lifetime and access of the workspace's new files."""
    cursor = await conn.execute("SELECT file_defaults FROM workspace WHERE id = %s", (workspace_id,))
    row = await cursor.fetchone()
    return msgspec.convert(row["file_defaults"] if row else {}, FileDefaults)


async def set_file_defaults(conn: Connection, workspace_id: UUID, defaults: FileDefaults) -> None:
    """Set the lifetime and access of the workspace's new files."""
    await conn.execute(
        "UPDATE workspace SET file_defaults = %s WHERE id = %s", (Jsonb(msgspec.to_builtins(defaults)), workspace_id)
    )
