"""Changes of many assets at once, each of all of them by one statement.

Memberships and tags have no workspace: callers have locked the assets of theirs. Lock order: files (by id), assets (by
id), then tags or collections, then memberships (by asset id).
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection


async def lock(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Lock the workspace's assets outside the trash against changes until the transaction ends. Return their ids.

    Their files are locked first, as by whoever deletes assets: a change of a title reads the file's name.
    """
    wanted = (
        f"FROM asset a JOIN file f ON f.id = a.file_id WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {assets.LIVE}"
    )
    names = (workspace_id, list(ids))
    await conn.execute(f"SELECT f.id {wanted} ORDER BY f.id FOR KEY SHARE OF f", names)
    cursor = await conn.execute(f"SELECT a.id {wanted} ORDER BY a.id FOR NO KEY UPDATE OF a", names)
    return [row["id"] for row in await cursor.fetchall()]


_COLUMNS = {
    "title": "text",
    "caption": "text",
    "is_favorite": "boolean",
    "folder_id": "uuid",
    "metadata": "jsonb",
}
"""What can be set of many assets, with the types."""


async def update(conn: Connection, workspace_id: UUID, changed: Sequence[Asset], names: Collection[str]) -> None:
    """Set the columns of these names, of `_COLUMNS`, to the values of these objects.

    No other column is written: an asset's words are indexed anew when its title is written, even if that stays.
    """
    if not names:
        return
    rows = [{"id": asset.id, **{name: getattr(asset, name) for name in names}} for asset in changed]
    values = ", ".join(f"{name} = c.{name}" for name in names)
    types = ", ".join(f"{name} {_COLUMNS[name]}" for name in names)
    await conn.execute(
        f"""
        UPDATE asset a SET {values} FROM jsonb_to_recordset(%s::jsonb) AS c (id uuid, {types})
        WHERE a.workspace_id = %s AND a.id = c.id
        """,  # noqa: S608 - names of columns
        (msgspec.json.encode(rows).decode(), workspace_id),
    )


async def assign(conn: Connection, asset_ids: Sequence[UUID], tag_ids: Sequence[UUID]) -> None:
    """Add the tags to each of the assets. Tags that one has stay."""
    await conn.execute(
        """
        INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT a.id, t.id, a.created_at FROM asset a, unnest(%s::uuid[]) AS t (id)
        WHERE a.id = ANY(%s) ON CONFLICT DO NOTHING
        """,
        (list(tag_ids), list(asset_ids)),
    )


async def unassign(conn: Connection, asset_ids: Sequence[UUID], tag_ids: Sequence[UUID]) -> None:
    """Remove the tags from each of the assets."""
    names = (list(asset_ids), list(tag_ids))
    which = "asset_tag WHERE asset_id = ANY(%s) AND tag_id = ANY(%s)"
    await conn.execute(f"SELECT FROM {which} ORDER BY asset_id FOR UPDATE", names)
    await conn.execute(f"DELETE FROM {which}", names)  # noqa: S608 - a constant


async def collect(conn: Connection, asset_ids: Sequence[UUID], collection_id: UUID) -> None:
    """Add each of the assets to the collection, unless it is a member."""
    await conn.execute(
        """
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %s, id, created_at FROM asset WHERE id = ANY(%s) ON CONFLICT DO NOTHING
        """,
        (collection_id, list(asset_ids)),
    )


async def uncollect(conn: Connection, asset_ids: Sequence[UUID], collection_id: UUID) -> None:
    """Remove each of the assets from the collection, if it is a member."""
    names = (list(asset_ids), collection_id)
    which = "collection_asset WHERE asset_id = ANY(%s) AND collection_id = %s"
    await conn.execute(f"SELECT FROM {which} ORDER BY asset_id FOR UPDATE", names)
    await conn.execute(f"DELETE FROM {which}", names)  # noqa: S608 - a constant


async def taken_external_ids(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the assets, which are in the trash, whose external id another one outside has, or one before.

    `ids` are in the order in which they are to be restored.
    """
    cursor = await conn.execute(
        """
        SELECT id FROM (
            SELECT a.id, a.external_id,
                row_number() OVER (PARTITION BY a.external_id ORDER BY array_position(%(ids)s, a.id)) AS number
            FROM asset a WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s)
                AND a.external_id IS NOT NULL AND a.trashed_at IS NOT NULL
        ) wanted
        WHERE number > 1 OR EXISTS (
            SELECT FROM asset o WHERE o.workspace_id = %(workspace)s AND o.external_id = wanted.external_id
                AND o.trashed_at IS NULL
        )
        """,
        {"workspace": workspace_id, "ids": list(ids)},
    )
    return {row["id"] for row in await cursor.fetchall()}
