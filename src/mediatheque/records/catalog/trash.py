"""The trash: assets that only its own list shows, until they are restored or purged.

Tags and collections of an asset in the trash are kept in its row, so that nothing that lists or counts members meets
it. Lock order: files (by id), assets (by id), blobs or memberships, tags, collections.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import psycopg

from mediatheque.errors import TransactionConflict
from mediatheque.model import Asset, Cursor
from mediatheque.records.catalog import assets, files, versions
from mediatheque.records.database import Connection

FileIds = dict[UUID, tuple[UUID, ...]]
"""The ids of assets, each with those of its files, older versions included."""
_TAGS = """
    jsonb_array_elements_text(a.trashed_memberships -> 'tags') kept (id)
    JOIN tag t ON t.id = kept.id::uuid AND t.workspace_id = a.workspace_id
"""
_COLLECTIONS = """(
    SELECT k.id AS collection_id, k.added_at
    FROM jsonb_to_recordset(a.trashed_memberships -> 'collections') k (id uuid, added_at timestamptz)
    JOIN collection o ON o.id = k.id AND o.workspace_id = a.workspace_id
) c"""
_SELECT = assets.select(_TAGS, _COLLECTIONS)
_TRASHED = f"(a.trashed_at IS NOT NULL AND {files.UNEXPIRED})"


async def page(conn: Connection, workspace_id: UUID, after: Cursor | None, limit: int) -> list[Asset]:
    """Return the next assets in the trash after the cursor, by when they were trashed, the latest first."""
    position = "" if after is None else "AND (a.trashed_at, a.id) < (%(moment)s, %(id)s)"
    cursor = await conn.execute(
        f"""
        {_SELECT} WHERE a.workspace_id = %(workspace)s AND {_TRASHED} {position}
        ORDER BY a.trashed_at DESC, a.id DESC LIMIT %(limit)s
        """,
        {
            "workspace": workspace_id,
            "limit": limit,
            "moment": after and after.created_at,
            "id": after and after.id,
        },
    )
    return [assets.from_row(row) for row in await cursor.fetchall()]


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> Asset | None:
    """Return the asset in the workspace's trash of that id, or None."""
    cursor = await conn.execute(f"{_SELECT} WHERE a.workspace_id = %s AND a.id = %s AND {_TRASHED}", (workspace_id, id))
    row = await cursor.fetchone()
    return assets.from_row(row) if row else None


async def move(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> FileIds:
    """Move the assets to the trash. Return the ids of those that were outside, each with those of its files."""
    locked = await _lock(conn, workspace_id, ids, assets.LIVE)
    moved = await versions.file_ids(conn, workspace_id, [row["id"] for row in locked])
    if not moved:
        return moved
    for table in ("asset_tag", "collection_asset"):
        await conn.execute(
            f"SELECT FROM {table} WHERE asset_id = ANY(%s) ORDER BY asset_id FOR UPDATE",
            (list(moved),),
        )
    cursor = await conn.execute(
        """
        UPDATE asset a SET trashed_at = clock_timestamp(), trashed_memberships = jsonb_build_object(
            'tags', ARRAY(SELECT m.tag_id FROM asset_tag m WHERE m.asset_id = a.id),
            'collections', COALESCE((
                SELECT jsonb_agg(jsonb_build_object('id', m.collection_id, 'added_at', m.added_at))
                FROM collection_asset m WHERE m.asset_id = a.id), '[]'))
        WHERE a.workspace_id = %s AND a.id = ANY(%s) RETURNING a.id, a.trashed_at
        """,
        (workspace_id, list(moved)),
    )
    trashed = {file: row["trashed_at"] for row in await cursor.fetchall() for file in moved[row["id"]]}
    await conn.execute("DELETE FROM asset_tag WHERE asset_id = ANY(%s)", (list(moved),))
    await conn.execute("DELETE FROM collection_asset WHERE asset_id = ANY(%s)", (list(moved),))
    await conn.execute(
        """
        UPDATE file f SET trashed_at = t.trashed_at FROM unnest(%s::uuid[], %s::timestamptz[]) AS t (id, trashed_at)
        WHERE f.workspace_id = %s AND f.id = t.id
        """,
        (list(trashed), list(trashed.values()), workspace_id),
    )
    return moved


async def restore(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> FileIds:
    """Take the assets out of the trash, with those of their tags and collections that exist.

    Return the ids of those that were there, each with those of its files.
    A file whose URL another one has by now forgets the URL: it was imported again. Of several that are restored, the
    first keeps it. Raises `ExternalIdTaken`, and `TransactionConflict` when the URL is imported at this moment.
    """
    locked = {row["id"] for row in await _lock(conn, workspace_id, ids, _TRASHED)}
    found = [id for id in dict.fromkeys(ids) if id in locked]
    for restored in (_RESTORE_TAGS, _RESTORE_COLLECTIONS):
        await conn.execute(restored, {"workspace": workspace_id, "ids": found})
    with assets.map_external_id():
        await conn.execute(_RESTORE_ASSETS, {"workspace": workspace_id, "ids": found})
    try:
        await conn.execute(_RESTORE_FILES, {"workspace": workspace_id, "ids": found})
    except psycopg.errors.UniqueViolation as error:
        raise TransactionConflict from error
    await conn.execute(_RESTORE_VERSIONS, {"workspace": workspace_id, "ids": found})
    return await versions.file_ids(conn, workspace_id, found)


_RESTORE_TAGS = f"""
    WITH kept AS MATERIALIZED (
        SELECT a.id AS asset_id, t.id AS tag_id, a.created_at FROM asset a CROSS JOIN {_TAGS}
        WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s) FOR KEY SHARE OF t
    )
    INSERT INTO asset_tag (asset_id, tag_id, asset_created_at) SELECT asset_id, tag_id, created_at FROM kept
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_RESTORE_COLLECTIONS = """
    WITH kept AS MATERIALIZED (
        SELECT o.id AS collection_id, a.id AS asset_id, a.created_at, k.added_at
        FROM asset a
        CROSS JOIN jsonb_to_recordset(a.trashed_memberships -> 'collections') k (id uuid, added_at timestamptz)
        JOIN collection o ON o.id = k.id AND o.workspace_id = a.workspace_id
        WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s) FOR KEY SHARE OF o
    )
    INSERT INTO collection_asset (collection_id, asset_id, asset_created_at, added_at)
    SELECT collection_id, asset_id, created_at, added_at FROM kept ON CONFLICT DO NOTHING
"""
_RESTORE_ASSETS = """
    UPDATE asset SET trashed_at = NULL, trashed_memberships = NULL
    WHERE workspace_id = %(workspace)s AND id = ANY(%(ids)s)
"""
_RESTORE_FILES = """
    WITH restored AS (
        SELECT f.id, row_number() OVER (PARTITION BY f.origin_url ORDER BY array_position(%(ids)s, a.id)) > 1
            OR EXISTS (
                SELECT FROM file o
                WHERE o.workspace_id = f.workspace_id AND o.origin_url = f.origin_url AND o.trashed_at IS NULL
            ) AS is_taken
        FROM asset a JOIN file f ON f.id = a.file_id WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s)
    )
    UPDATE file f SET trashed_at = NULL, origin_url = CASE WHEN r.is_taken THEN NULL ELSE f.origin_url END
    FROM restored r WHERE f.id = r.id
"""
_RESTORE_VERSIONS = """
    UPDATE file f SET trashed_at = NULL FROM asset_version v
    WHERE v.file_id = f.id AND v.workspace_id = %(workspace)s AND v.asset_id = ANY(%(ids)s)
"""


async def purge(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> FileIds:
    """Delete those of the assets that are in the trash. Return their ids, each with those of its files."""
    locked = await _lock(conn, workspace_id, ids, _TRASHED)
    purged = await versions.file_ids(conn, workspace_id, [row["id"] for row in locked])
    await files.delete_locked(conn, {row["file_id"]: row["blob_id"] for row in locked})
    return purged


async def oldest_ids(conn: Connection, workspace_id: UUID, limit: int) -> list[UUID]:
    """Return the ids of at most `limit` assets in the trash, those first that are there longest."""
    cursor = await conn.execute(
        """
        SELECT id FROM asset WHERE workspace_id = %s AND trashed_at IS NOT NULL
        ORDER BY trashed_at, id LIMIT %s
        """,
        (workspace_id, limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def purge_old(conn: Connection, age: timedelta, limit: int) -> int:
    """Delete at most `limit` assets of all workspaces that have been in the trash for that long, and return how many.

    Those that another transaction has locked are skipped. The file's column is asked, too: if the asset was restored
    meanwhile, only the locked row is read again.
    """
    cursor = await conn.execute(
        """
        SELECT f.id, f.blob_id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.trashed_at <= now() - %(age)s AND f.trashed_at <= now() - %(age)s
        ORDER BY a.trashed_at LIMIT %(limit)s FOR UPDATE OF f SKIP LOCKED
        """,
        {"age": age, "limit": limit},
    )
    locked: Mapping[UUID, UUID] = {row["id"]: row["blob_id"] for row in await cursor.fetchall()}
    return await files.delete_locked(conn, locked)


async def _lock(conn: Connection, workspace_id: UUID, ids: Sequence[UUID], condition: str) -> list[dict[str, UUID]]:
    """Lock the files and then the assets that meet the condition. Return `id`, `file_id` and `blob_id` of each."""
    cursor = await conn.execute(
        f"""
        SELECT a.id, f.id AS file_id, f.blob_id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {condition} ORDER BY f.id FOR UPDATE OF f
        """,  # noqa: S608 - constants
        (workspace_id, list(ids)),
    )
    locked = await cursor.fetchall()
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.id = ANY(%s) AND {condition} ORDER BY a.id FOR UPDATE OF a
        """,  # noqa: S608 - constants
        ([row["id"] for row in locked],),
    )
    still = {row["id"] for row in await cursor.fetchall()}
    return [row for row in locked if row["id"] in still]
