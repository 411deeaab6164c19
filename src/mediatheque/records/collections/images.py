"""Rows of reference images of characters, and look-ups of files that are reference or cover images."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import AssetRef, File, Kind
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection


async def list_of(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, list[File]]:
    """Return the reference images of each character, in their order."""
    cursor = await conn.execute(
        f"""
        SELECT r.collection_id, {files.COLUMNS}
        FROM character_reference r JOIN file f ON f.id = r.file_id JOIN blob b ON b.id = f.blob_id
        WHERE f.workspace_id = %s AND r.collection_id = ANY(%s) AND {files.LIVE}
        ORDER BY r.collection_id, r.position
        """,  # noqa: S608 - constants
        (workspace_id, list(ids)),
    )
    found: dict[UUID, list[File]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["collection_id"], []).append(files.from_row(row))
    return found


async def find_file_id(conn: Connection, workspace_id: UUID, reference: AssetRef) -> UUID | None:
    """Return the id of the asset's file, or None when there is no such asset."""
    cursor = await conn.execute(
        f"""
        SELECT f.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND {"a.id" if reference.asset_id else "a.request_id"} = %s AND {files.LIVE}
        ORDER BY a.created_at, a.id LIMIT 1
        """,  # noqa: S608 - constants
        (workspace_id, reference.asset_id or reference.request_id),
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def lock_for_share(conn: Connection, workspace_id: UUID, file_ids: Sequence[UUID]) -> dict[UUID, Kind]:
    """Lock the workspace's files against deletion until the transaction ends. Return the kinds of those that exist.

    Lock order: files before collections. Transactions that delete files use the same order.
    """
    cursor = await conn.execute(
        f"""
        SELECT f.id, b.kind FROM {files.SOURCE} WHERE f.workspace_id = %s AND f.id = ANY(%s) AND {files.LIVE}
        ORDER BY f.id FOR KEY SHARE OF f
        """,  # noqa: S608 - constants
        (workspace_id, list(file_ids)),
    )
    return {row["id"]: Kind(row["kind"]) for row in await cursor.fetchall()}


async def replace(conn: Connection, workspace_id: UUID, id: UUID, file_ids: Sequence[UUID]) -> None:
    """Replace the character's reference images. `updated_at` changes only if the images or their order do."""
    await conn.execute(
        "SELECT FROM collection WHERE workspace_id = %s AND id = %s FOR NO KEY UPDATE", (workspace_id, id)
    )
    cursor = await conn.execute(
        "SELECT file_id FROM character_reference WHERE collection_id = %s ORDER BY position", (id,)
    )
    if [row["file_id"] for row in await cursor.fetchall()] == list(file_ids):
        return
    await conn.execute("DELETE FROM character_reference WHERE collection_id = %s", (id,))
    await insert(conn, id, file_ids)
    await conn.execute(
        "UPDATE collection SET updated_at = statement_timestamp() WHERE workspace_id = %s AND id = %s",
        (workspace_id, id),
    )


async def insert(conn: Connection, id: UUID, file_ids: Sequence[UUID]) -> None:
    """Insert the reference images of a character that has none."""
    await conn.execute(
        """
        INSERT INTO character_reference (collection_id, file_id, position)
        SELECT %s, x.id, x.position FROM unnest(%s::uuid[]) WITH ORDINALITY AS x (id, position)
        """,
        (id, list(file_ids)),
    )


async def follow(conn: Connection, former: File, file: File) -> None:
    """Let covers and reference images that are the former file become the new one, which is an image as well."""
    names = {"workspace": file.workspace_id, "former": former.id, "file": file.id}
    await conn.execute("UPDATE character_reference SET file_id = %(file)s WHERE file_id = %(former)s", names)
    await conn.execute(
        """
        UPDATE collection SET cover_file_id = %(file)s
        WHERE workspace_id = %(workspace)s AND cover_file_id = %(former)s
        """,
        names,
    )
