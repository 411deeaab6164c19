"""Lists of collections by cursor, and many members at once."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import Collection, CollectionFilter, Cursor
from mediatheque.records.catalog import assets
from mediatheque.records.collections.collections import NEWEST, find_many
from mediatheque.records.database import Connection


async def page(
    conn: Connection, workspace_id: UUID, wanted: CollectionFilter, after: Cursor | None, limit: int, *, max_count: int
) -> list[Collection]:
    """Return the next collections after the cursor, newest first."""
    where = "c.workspace_id = %(workspace)s AND c.type = ANY(%(types)s)"
    if wanted.top_only:
        where += " AND c.parent_id IS NULL"
    elif wanted.parent_id is not None:
        where += " AND c.parent_id = %(parent)s"
    if after is not None:
        where += " AND (c.created_at, c.id) < (%(moment)s, %(after)s)"
    among = f"AND c.id IN (SELECT c.id FROM collection c WHERE {where} {NEWEST} LIMIT %(limit)s)"  # noqa: S608 - constants
    position = {"moment": after.created_at, "after": after.id} if after else {}
    parameters = {"parent": wanted.parent_id, "limit": limit, "most": max_count, **position}
    return await find_many(conn, among, workspace_id, wanted.types, parameters)


async def lock_assets(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Lock those of the ids that are assets against deletion until the transaction ends, and return them, sorted."""
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {assets.LIVE} ORDER BY a.id FOR KEY SHARE OF a
        """,  # noqa: S608 - constants
        (workspace_id, list(ids)),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def add_members(conn: Connection, workspace_id: UUID, id: UUID, asset_ids: Sequence[UUID]) -> int:
    """Add the assets to the collection, and return how many were no members. The caller has locked them."""
    cursor = await conn.execute(
        """
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %s, id, created_at FROM asset WHERE workspace_id = %s AND id = ANY(%s) ORDER BY id ON CONFLICT DO NOTHING
        """,
        (id, workspace_id, list(asset_ids)),
    )
    return cursor.rowcount


async def remove_members(conn: Connection, id: UUID, asset_ids: Sequence[UUID]) -> int:
    """Remove the assets from the collection, and return how many were members. The caller has locked the assets."""
    cursor = await conn.execute(
        "DELETE FROM collection_asset WHERE collection_id = %s AND asset_id = ANY(%s)", (id, list(asset_ids))
    )
    return cursor.rowcount
