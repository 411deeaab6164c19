"""Rows of workspaces."""

from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import FileDefaults
from mediatheque.records.database import Connection, fetch_one


async def ensure_workspace(conn: Connection, id: UUID, name: str) -> tuple[UUID, bool]:
    """Create the workspace under the given id unless the name exists. Return its id, and whether it was created."""
    cursor = await conn.execute(
        "INSERT INTO workspace (id, name) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", (id, name)
    )
    created = cursor.rowcount == 1
    cursor = await conn.execute("SELECT id FROM workspace WHERE name = %s", (name,))
    return (await fetch_one(cursor))["id"], created


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
