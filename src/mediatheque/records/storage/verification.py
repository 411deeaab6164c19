"""What `verify` asks about blobs, and the removal of blobs without bytes."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Blob
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs


class RemovedRows(msgspec.Struct, frozen=True):
    """The rows removed with a blob: ids and titles of assets, ids and names of files.

    `returned`: ids and titles of assets that lost their content, and have that of an older version again.
    """

    assets: tuple[tuple[UUID, str], ...]
    files: tuple[tuple[UUID, str], ...]
    returned: tuple[tuple[UUID, str], ...] = ()


async def page(conn: Connection, after: UUID | None, limit: int) -> list[Blob]:
    """Return the next blobs of all workspaces, ordered by id."""
    cursor = await conn.execute(
        f"SELECT {blobs.COLUMNS} FROM blob b WHERE %s::uuid IS NULL OR id > %s ORDER BY id LIMIT %s",  # noqa: S608 - columns are a constant
        (after, after, limit),
    )
    return [blobs.from_row(row) for row in await cursor.fetchall()]


async def exists(conn: Connection, blob: Blob) -> bool:
    """Return whether the blob still exists and still has this storage key."""
    cursor = await conn.execute("SELECT FROM blob WHERE id = %s AND storage_key = %s", (blob.id, blob.storage_key))
    return await cursor.fetchone() is not None


async def unreferenced(conn: Connection, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the blobs that no file refers to and that are not marked: they would never be collected."""
    cursor = await conn.execute(
        """
        SELECT id FROM blob b WHERE id = ANY(%s) AND unreferenced_since IS NULL
            AND NOT EXISTS (SELECT FROM file WHERE blob_id = b.id)
        """,
        (list(ids),),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def cross_workspace(conn: Connection, ids: Sequence[UUID]) -> list[str]:
    """Describe each file, asset and folder of these blobs that refers to a row of another workspace."""
    cursor = await conn.execute(
        """
        SELECT format('file %%s is not of the workspace of its blob %%s', f.id, b.id) AS description
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
        UNION ALL
        SELECT format('version %%s of asset %%s is not of the workspace of its file %%s', v.number, v.asset_id, f.id)
        FROM file f JOIN asset_version v ON v.file_id = f.id
        WHERE f.blob_id = ANY(%(ids)s) AND v.workspace_id <> f.workspace_id
        """,
        {"ids": list(ids)},
    )
    return [row["description"] for row in await cursor.fetchall()]


async def remove(conn: Connection, blob: Blob) -> RemovedRows | None:
    """Delete the blob, its files and assets, in the caller's transaction. A trigger marks its bytes for deletion.

    An asset that has an older version with other content gets that back. Return None if the blob was deleted, or given
    another storage key, meanwhile. Lock order: files (by id), blob.
    """
    names = {"blob": blob.id}
    await conn.execute(
        """
        SELECT FROM file WHERE blob_id = %(blob)s OR id IN (
            SELECT v.file_id FROM asset_version v JOIN asset a ON a.id = v.asset_id JOIN file f ON f.id = a.file_id
            WHERE f.blob_id = %(blob)s
        )
        ORDER BY id FOR UPDATE
        """,
        names,
    )
    await blobs.lock(conn, blob.id)
    if not await exists(conn, blob):
        return None
    returned = await conn.execute(_RETURN_TO_VERSION, names)
    of_blob = "SELECT id FROM file WHERE blob_id = %(blob)s"
    assets = await conn.execute(f"DELETE FROM asset WHERE file_id IN ({of_blob}) RETURNING id, title", names)  # noqa: S608 - a constant
    files = await conn.execute("DELETE FROM file WHERE blob_id = %(blob)s RETURNING id, name", names)
    await conn.execute("DELETE FROM blob WHERE id = %(blob)s", names)
    return RemovedRows(
        assets=tuple([(row["id"], row["title"]) for row in await assets.fetchall()]),
        files=tuple([(row["id"], row["name"]) for row in await files.fetchall()]),
        returned=tuple([(row["id"], row["title"]) for row in await returned.fetchall()]),
    )


_RETURN_TO_VERSION = """
    WITH newest AS (
        SELECT DISTINCT ON (v.asset_id) v.asset_id, v.number, v.file_id
        FROM file f JOIN asset a ON a.file_id = f.id JOIN asset_version v ON v.asset_id = a.id
        JOIN file older ON older.id = v.file_id AND older.blob_id <> f.blob_id
        WHERE f.blob_id = %(blob)s ORDER BY v.asset_id, v.number DESC
    ), former AS (
        DELETE FROM asset_version v USING newest n WHERE v.asset_id = n.asset_id AND v.number = n.number
    ), vectors AS (
        DELETE FROM embedding e USING newest n WHERE e.asset_id = n.asset_id AND e.part = 'content'
    )
    UPDATE asset a SET file_id = n.file_id, version = a.version + 1 FROM newest n WHERE a.id = n.asset_id
    RETURNING a.id, a.title
"""
"""Gives assets of the blob the content of their newest version with another one, under a number of its own."""
