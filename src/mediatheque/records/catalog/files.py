"""Rows of files: blobs under a URL."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import Acl, File
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs

COLUMNS = f"""
    f.id AS file_id, f.workspace_id AS file_workspace_id, f.name AS file_name, f.origin_url,
    f.created_at AS file_created_at, f.expires_at, f.acl, f.mime AS file_mime, f.trashed_at AS file_trashed_at,
    {blobs.COLUMNS}
"""
SOURCE = "file f JOIN blob b ON b.id = f.blob_id"
UNEXPIRED = "(f.expires_at IS NULL OR f.expires_at > now())"
"""Part of every query for files: an expired file is not found, even before garbage collection deletes it."""
LIVE = f"({UNEXPIRED} AND f.trashed_at IS NULL)"
"""Part of every query for files that are not in the trash."""
EXPIRED = "f.expires_at <= now()"
"""The opposite of `UNEXPIRED`, in the form that the index on `expires_at` can serve."""


def from_row(row: dict[str, Any]) -> File:
    """Build a file from a row that selects `COLUMNS`."""
    blob = blobs.from_row(row)
    return File(
        id=row["file_id"],
        workspace_id=row["file_workspace_id"],
        name=row["file_name"],
        origin_url=row["origin_url"],
        created_at=row["file_created_at"],
        expires_at=row["expires_at"],
        acl=None if row["acl"] is None else msgspec.convert(row["acl"], Acl),
        trashed_at=row["file_trashed_at"],
        blob=blob if row["file_mime"] is None else blob.of_type(row["file_mime"]),
    )


def _json(acl: Acl | None) -> Jsonb | None:
    return None if acl is None else Jsonb(msgspec.to_builtins(acl))


async def find_public(conn: Connection, id: UUID) -> File | None:
    """Return the file of that id in any active workspace, in the trash or not, or None.

    For reads through the file's URL only.
    """
    cursor = await conn.execute(
        f"""
        SELECT {COLUMNS} FROM {SOURCE} JOIN workspace w ON w.id = f.workspace_id
        WHERE f.id = %s AND {UNEXPIRED} AND w.suspended_at IS NULL AND w.deleted_at IS NULL
        """,  # noqa: S608 - constants
        (id,),
    )
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> File | None:
    """Return the workspace's file of that id, or None."""
    cursor = await conn.execute(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE f.workspace_id = %s AND f.id = %s AND {LIVE}",  # noqa: S608 - constants
        (workspace_id, id),
    )
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def find_by_origin(conn: Connection, workspace_id: UUID, urls: Sequence[str]) -> File | None:
    """Return the workspace's file that was imported from the first of these URLs that has one, or None."""
    cursor = await conn.execute(
        f"""
        SELECT {COLUMNS} FROM {SOURCE}
        WHERE f.workspace_id = %(workspace_id)s AND f.origin_url = ANY(%(urls)s) AND {LIVE}
        ORDER BY array_position(%(urls)s, f.origin_url) LIMIT 1
        """,  # noqa: S608 - constants
        {"workspace_id": workspace_id, "urls": list(urls)},
    )
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def set_acl(conn: Connection, workspace_id: UUID, ids: Sequence[UUID], acl: Acl) -> bool:
    """Replace the ACL of the workspace's files. Return False when there is none of them.

    The first one is locked before the others: whoever deletes an asset locks its own file first, then its versions'.
    """
    await conn.execute(
        "SELECT FROM file WHERE workspace_id = %s AND id = ANY(%s) FOR NO KEY UPDATE", (workspace_id, list(ids[:1]))
    )
    cursor = await conn.execute(
        f"UPDATE file f SET acl = %s WHERE f.workspace_id = %s AND f.id = ANY(%s) AND {LIVE}",  # noqa: S608 - constants
        (_json(acl), workspace_id, list(ids)),
    )
    return cursor.rowcount > 0


async def lock_for_share(conn: Connection, file: File) -> bool:
    """Lock the file against deletion until the transaction ends. Return False when it does not exist."""
    return await _lock(conn, file, "FOR KEY SHARE")


async def lock(conn: Connection, file: File) -> bool:
    """Lock the file for its deletion, which must be the first lock taken. Return False when it does not exist."""
    return await _lock(conn, file, "FOR UPDATE")


async def _lock(conn: Connection, file: File, how: str) -> bool:
    cursor = await conn.execute(
        f"SELECT FROM file f WHERE f.workspace_id = %s AND f.id = %s AND {LIVE} {how}",
        (file.workspace_id, file.id),
    )
    return await cursor.fetchone() is not None


async def lock_versions(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Lock the files of older versions of the assets that have these files, which the caller has locked before.

    Return their ids with those of their blobs. A trigger deletes them with the assets.
    """
    cursor = await conn.execute(
        """
        SELECT f.id, f.blob_id FROM asset a JOIN asset_version v ON v.asset_id = a.id JOIN file f ON f.id = v.file_id
        WHERE a.file_id = ANY(%s) ORDER BY f.id FOR UPDATE OF f
        """,
        (list(ids),),
    )
    return {row["id"]: row["blob_id"] for row in await cursor.fetchall()}


async def delete(conn: Connection, file: File) -> None:
    """Delete the file, and mark its blob for garbage collection if no other file refers to it."""
    await blobs.lock(conn, file.blob.id)
    await conn.execute("DELETE FROM file WHERE workspace_id = %s AND id = %s", (file.workspace_id, file.id))
    await blobs.mark_if_unreferenced(conn, file.blob.id)


async def delete_expired(conn: Connection, limit: int) -> int:
    """Delete at most `limit` expired files of all workspaces and their assets, and return how many.

    Blobs that no other file refers to are marked for garbage collection. Files that another transaction has locked are
    skipped. Lock order: file (an asset's own before those of its versions), blob (by id), membership (by asset id).
    Every transaction that deletes uses this order.
    """
    cursor = await conn.execute(
        """
        SELECT id, blob_id FROM file WHERE expires_at <= now() ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        (limit,),
    )
    return await delete_locked(conn, {row["id"]: row["blob_id"] for row in await cursor.fetchall()})


async def delete_locked(conn: Connection, locked: Mapping[UUID, UUID]) -> int:
    """Delete the files, which the caller has locked, and their assets. Return how many.

    `locked` has the ids of files and blobs. Older versions of the assets are deleted as well. Blobs that no other file
    refers to are marked for garbage collection.
    """
    files = list(locked)
    blobs = list({*locked.values(), *(await lock_versions(conn, files)).values()})
    await conn.execute("SELECT FROM blob WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (blobs,))
    for memberships in ("asset_tag", "collection_asset"):
        await conn.execute(
            f"""
            SELECT FROM {memberships} m JOIN asset a ON a.id = m.asset_id
            WHERE a.file_id = ANY(%s) ORDER BY m.asset_id FOR UPDATE OF m
            """,
            (files,),
        )
    await conn.execute("DELETE FROM asset WHERE file_id = ANY(%s)", (files,))
    await conn.execute("DELETE FROM file WHERE id = ANY(%s)", (files,))
    await conn.execute(
        """
        UPDATE blob SET unreferenced_since = now()
        WHERE id = ANY(%s) AND unreferenced_since IS NULL AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
        """,
        (blobs,),
    )
    return len(files)
