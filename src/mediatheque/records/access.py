"""What a workspace's row says about access to its files."""

from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import FileDefaults
from mediatheque.records.database import Connection, fetch_one


async def signing_secret(conn: Connection, workspace_id: UUID) -> bytes:
    """The secret that signs links to the workspace's files: 32 bytes."""
    cursor = await conn.execute("SELECT signing_secret FROM workspace WHERE id = %s", (workspace_id,))
    return bytes((await fetch_one(cursor))["signing_secret"])


async def file_defaults(conn: Connection, workspace_id: UUID) -> FileDefaults:
    """How new files are to be kept."""
    cursor = await conn.execute("SELECT file_defaults FROM workspace WHERE id = %s", (workspace_id,))
    row = await cursor.fetchone()
    return msgspec.convert(row["file_defaults"] if row else {}, FileDefaults)


async def set_file_defaults(conn: Connection, workspace_id: UUID, defaults: FileDefaults) -> None:
    """Have new files kept so."""
    await conn.execute(
        "UPDATE workspace SET file_defaults = %s WHERE id = %s", (Jsonb(msgspec.to_builtins(defaults)), workspace_id)
    )
