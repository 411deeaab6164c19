"""Questions about rows that should always have the same answer, and the removal of rows that have no bytes."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Blob
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs, pending_writes


class RemovedRows(msgspec.Struct, frozen=True):
    """What was removed with a blob: ids and titles of assets, ids and names of files."""

    assets: tuple[tuple[UUID, str], ...]
    files: tuple[tuple[UUID, str], ...]


async def page(conn: Connection, after: UUID | None, limit: int) -> list[Blob]:
    """Blobs of all workspaces, by their ids."""
    cursor = await conn.execute(
        f"SELECT {blobs.COLUMNS} FROM blob b WHERE %s::uuid IS NULL OR id > %s ORDER BY id LIMIT %s",  # noqa: S608 - columns are a constant
        (after, after, limit),
    )
    return [blobs.from_row(row) for row in await cursor.fetchall()]


async def exists(conn: Connection, blob: Blob) -> bool:
    """Whether the blob is still there, and its bytes are still to be found under this key."""
    cursor = await conn.execute("SELECT FROM blob WHERE id = %s AND storage_key = %s", (blob.id, blob.storage_key))
    return await cursor.fetchone() is not None


async def unreferenced(conn: Connection, ids: Sequence[UUID]) -> list[UUID]:
    """Of these blobs, those without files that are not doomed: they would stay for ever."""
    cursor = await conn.execute(
        """
        SELECT id FROM blob b WHERE id = ANY(%s) AND unreferenced_since IS NULL
            AND NOT EXISTS (SELECT FROM file WHERE blob_id = b.id)
        """,
        (list(ids),),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def cross_workspace(conn: Connection, ids: Sequence[UUID]) -> list[str]:
    """Files of these blobs, their assets and folders, where two that belong together are of two workspaces."""
    cursor = await conn.execute(
        """
        SELECT format('file %%s is not of the workspace of its blob %%s', f.id, b.id) AS said
        FROM blob b JOIN file f ON f.blob_id = b.id
        WHERE b.id = ANY(%(ids)s) AND f.workspace_id <> b.workspace_id
        UNION ALL
        SELECT format('asset %%s is not of the workspace of its file %%s', a.id, f.id)
        FROM file f JOIN asset a ON a.file_id = f.id
        WHERE f.blob_id = ANY(%(ids)s) AND a.workspace_id <> f.workspace_id
        UNION ALL
        SELECT format('asset %%s is not of the workspace of its folder %%s', a.id, d.id)
        FROM file f JOIN asset a ON a.file_id = f.id JOIN folder d ON d.id = a.folder_id
        WHERE f.blob_id = ANY(%(ids)s) AND a.workspace_id <> d.workspace_id
        """,
        {"ids": list(ids)},
    )
    return [row["said"] for row in await cursor.fetchall()]


async def remove(conn: Connection, blob: Blob) -> RemovedRows | None:
    """Remove the blob with all its files and assets, and give its bytes up, in the caller's transaction.

    None if it has gone or found other bytes meanwhile. Locks in the order of everybody who removes files.
    """
    await conn.execute("SELECT FROM file WHERE blob_id = %s ORDER BY id FOR UPDATE", (blob.id,))
    await blobs.lock(conn, blob.id)
    if not await exists(conn, blob):
        return None
    of_blob = "SELECT id FROM file WHERE blob_id = %s"
    assets = await conn.execute(f"DELETE FROM asset WHERE file_id IN ({of_blob}) RETURNING id, title", (blob.id,))  # noqa: S608 - a constant
    files = await conn.execute("DELETE FROM file WHERE blob_id = %s RETURNING id, name", (blob.id,))
    await conn.execute("DELETE FROM blob WHERE id = %s", (blob.id,))
    await pending_writes.mark_for_deletion(conn, [blob.storage_key])
    return RemovedRows(
        assets=tuple([(row["id"], row["title"]) for row in await assets.fetchall()]),
        files=tuple([(row["id"], row["name"]) for row in await files.fetchall()]),
    )
