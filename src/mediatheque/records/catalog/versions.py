"""Rows of versions: an asset's older content, each a file of its own.

Whoever changes which files an asset has calls `lock_content` first, then locks files, then blobs, then the asset.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mediatheque.model import Asset, AssetVersion, File
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection

_SELECT = f"""
    SELECT v.number, v.replaced_at, {files.COLUMNS}
    FROM asset_version v JOIN file f ON f.id = v.file_id JOIN blob b ON b.id = f.blob_id
    WHERE v.workspace_id = %s AND v.asset_id = %s AND {files.LIVE}
"""  # noqa: S608 - constants
_OWNER = """(
    SELECT id FROM asset WHERE file_id = %(file)s UNION SELECT asset_id FROM asset_version WHERE file_id = %(file)s
)"""


def _from_row(row: dict[str, Any]) -> AssetVersion:
    return AssetVersion(number=row["number"], file=files.from_row(row), replaced_at=row["replaced_at"])


async def lock_content(conn: Connection, asset_id: UUID) -> None:
    """Let no concurrent request replace the asset's content until the transaction ends.

    It is not a lock of the row: that is locked after the files, whose ids only the row knows.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"content {asset_id}",))


async def list_of(
    conn: Connection, workspace_id: UUID, asset_id: UUID, before: int | None, limit: int
) -> list[AssetVersion]:
    """Return the asset's older versions, those with the highest numbers first; only numbers below `before`."""
    cursor = await conn.execute(
        f"{_SELECT} AND v.number < %s ORDER BY v.number DESC LIMIT %s",
        (workspace_id, asset_id, before or 2**31 - 1, limit),
    )
    return [_from_row(row) for row in await cursor.fetchall()]


async def find(conn: Connection, workspace_id: UUID, asset_id: UUID, number: int) -> AssetVersion | None:
    """Return the asset's older version of that number, or None."""
    cursor = await conn.execute(f"{_SELECT} AND v.number = %s", (workspace_id, asset_id, number))
    row = await cursor.fetchone()
    return _from_row(row) if row else None


async def sibling_ids(conn: Connection, workspace_id: UUID, file_id: UUID) -> list[UUID]:
    """Return the ids of all files of the asset that has the file, now or in an older version, this one included.

    The asset's own file is the first. A file without an asset has no siblings. The asset's content is locked with
    `lock_content`.
    """
    names = {"workspace": workspace_id, "file": file_id}
    cursor = await conn.execute(f"SELECT id FROM asset WHERE workspace_id = %(workspace)s AND id IN {_OWNER}", names)  # noqa: S608 - a constant
    owner = await cursor.fetchone()
    if owner is None:
        return [file_id]
    await lock_content(conn, owner["id"])
    found = await file_ids(conn, workspace_id, [owner["id"]])
    return list(found.get(owner["id"], ()))


async def release_origin(conn: Connection, file: File) -> None:
    """Take the URL that the file was imported from away from it: the file that follows it gets it."""
    await conn.execute(
        "UPDATE file SET origin_url = NULL WHERE workspace_id = %s AND id = %s", (file.workspace_id, file.id)
    )


async def replace_file(conn: Connection, asset: Asset, file: File) -> bool:
    """Make the new file the asset's, and its former file a version. Return False when the asset is gone.

    The caller has called `lock_content` and locked the former file.
    """
    cursor = await conn.execute(
        """
        WITH replaced AS (
            UPDATE asset SET file_id = %(file)s, version = version + 1
            WHERE workspace_id = %(workspace)s AND id = %(asset)s AND file_id = %(former)s
            RETURNING id, workspace_id, version - 1 AS number
        )
        INSERT INTO asset_version (asset_id, number, workspace_id, file_id)
        SELECT id, number, workspace_id, %(former)s FROM replaced
        """,
        {"workspace": asset.workspace_id, "asset": asset.id, "former": asset.file.id, "file": file.id},
    )
    return cursor.rowcount == 1


async def list_surplus(conn: Connection, workspace_id: UUID, asset_id: UUID, kept: int) -> list[int]:
    """Return the numbers of the asset's versions but for the `kept` newest."""
    cursor = await conn.execute(
        """
        SELECT number FROM asset_version WHERE workspace_id = %s AND asset_id = %s ORDER BY number DESC OFFSET %s
        """,
        (workspace_id, asset_id, kept),
    )
    return [row["number"] for row in await cursor.fetchall()]


async def delete(conn: Connection, workspace_id: UUID, asset_id: UUID, numbers: Sequence[int]) -> list[UUID]:
    """Delete the asset's versions of those numbers, and return the ids of their files, which a trigger deletes.

    The trigger marks blobs for garbage collection that no other file refers to. Lock order: file, blob (each by id).
    """
    cursor = await conn.execute(
        """
        SELECT f.id, f.blob_id FROM asset_version v JOIN file f ON f.id = v.file_id
        WHERE v.workspace_id = %s AND v.asset_id = %s AND v.number = ANY(%s) ORDER BY f.id FOR UPDATE OF f
        """,
        (workspace_id, asset_id, list(numbers)),
    )
    rows = await cursor.fetchall()
    ids, blobs = [row["id"] for row in rows], list({row["blob_id"] for row in rows})
    await conn.execute("SELECT FROM blob WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (blobs,))
    await conn.execute("DELETE FROM asset_version WHERE file_id = ANY(%s)", (ids,))
    return ids


async def file_ids(conn: Connection, workspace_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return the ids of each asset's files, the current one first, then those of older versions."""
    cursor = await conn.execute(
        """
        SELECT a.id, a.file_id || ARRAY(SELECT v.file_id FROM asset_version v WHERE v.asset_id = a.id) AS files
        FROM asset a WHERE a.workspace_id = %s AND a.id = ANY(%s)
        """,
        (workspace_id, list(asset_ids)),
    )
    return {row["id"]: tuple(row["files"]) for row in await cursor.fetchall()}
