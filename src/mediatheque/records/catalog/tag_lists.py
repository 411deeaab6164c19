"""Tags with the numbers of their assets, and merging of tags."""

from uuid import UUID

from mediatheque.model import CountedTag
from mediatheque.records.catalog import files, tags
from mediatheque.records.database import Connection

_SELECT = f"""
    WITH expired AS MATERIALIZED (
        SELECT m.tag_id, count(*) AS assets
        FROM file f JOIN asset a ON a.file_id = f.id JOIN asset_tag m ON m.asset_id = a.id
        WHERE {files.EXPIRED} AND a.workspace_id = %(workspace)s GROUP BY m.tag_id
    )
    SELECT t.*,
        (SELECT count(*) FROM (SELECT FROM asset_tag m WHERE m.tag_id = t.id LIMIT %(most)s::bigint + 1) x) AS members,
        COALESCE((SELECT x.assets FROM expired x WHERE x.tag_id = t.id), 0) AS expired
    FROM tag t WHERE t.workspace_id = %(workspace)s
"""  # noqa: S608 - constants


async def page(
    conn: Connection, workspace_id: UUID, prefix: str, after: str, limit: int, *, max_count: int
) -> list[CountedTag]:
    """Return the next tags by name whose names begin with the prefix, ignoring case. `after` is a name, or empty."""
    where = "AND starts_with(fold(t.name), fold(%(prefix)s)) AND fold(t.name) > fold(%(after)s)"
    return await _find(
        conn,
        f"{where} ORDER BY fold(t.name) LIMIT %(limit)s",
        {"workspace": workspace_id, "prefix": prefix, "after": after, "limit": limit, "most": max_count},
    )


async def find(conn: Connection, workspace_id: UUID, id: UUID, *, max_count: int) -> CountedTag | None:
    """Return the workspace's tag of that id, or None."""
    found = await _find(conn, "AND t.id = %(id)s", {"workspace": workspace_id, "id": id, "most": max_count})
    return found[0] if found else None


async def _find(conn: Connection, where: str, values: dict[str, object]) -> list[CountedTag]:
    cursor = await conn.execute(f"{_SELECT} {where}", values)
    return [
        CountedTag(tags.from_row(row), row["members"] - row["expired"] if row["members"] <= values["most"] else None)
        for row in await cursor.fetchall()
    ]


async def move_assets(conn: Connection, workspace_id: UUID, id: UUID, into: UUID) -> None:
    """Put the other tag on all assets that have the tag, also on those in the trash.

    The caller has locked both tags against deletion, and the first against new assets. Its assets are locked by their
    ids, the order that every transaction uses which changes memberships of several assets.
    """
    await conn.execute(
        """
        INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT m.asset_id, %s, m.asset_created_at FROM asset_tag m WHERE m.tag_id = %s ORDER BY m.asset_id
        ON CONFLICT DO NOTHING
        """,
        (into, id),
    )
    await conn.execute(
        """
        UPDATE asset SET trashed_memberships = jsonb_set(
            trashed_memberships, '{tags}', (trashed_memberships -> 'tags') || to_jsonb(ARRAY[%s::text])
        )
        WHERE workspace_id = %s AND trashed_at IS NOT NULL AND trashed_memberships -> 'tags' ? %s
            AND NOT trashed_memberships -> 'tags' ? %s
        """,
        (str(into), workspace_id, str(id), str(into)),
    )


async def lock_for_merge(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Lock the tag: no concurrent request can assign it. Return False when the workspace has no such tag."""
    cursor = await conn.execute("SELECT FROM tag WHERE workspace_id = %s AND id = %s FOR UPDATE", (workspace_id, id))
    return await cursor.fetchone() is not None
