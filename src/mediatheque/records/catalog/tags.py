"""Rows about tags, and about which assets have them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mediatheque.model import Tag
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection


def _tag(row: dict[str, Any]) -> Tag:
    return Tag(id=row["id"], name=row["name"], created_at=row["created_at"])


async def lock_names(conn: Connection, workspace_id: UUID) -> None:
    """Let nobody else make or rename tags of the workspace until the transaction ends."""
    await conn.execute("SELECT FROM workspace WHERE id = %s FOR NO KEY UPDATE", (workspace_id,))


async def insert(conn: Connection, *, id: UUID, workspace_id: UUID, name: str) -> Tag | None:
    """Store the tag; None if the workspace has one of that name, whatever its case."""
    cursor = await conn.execute(
        """
        INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s)
        ON CONFLICT (workspace_id, fold(name)) DO NOTHING RETURNING *
        """,
        (id, workspace_id, name),
    )
    row = await cursor.fetchone()
    return _tag(row) if row else None


async def count(conn: Connection, workspace_id: UUID) -> int:
    """How many tags the workspace has."""
    cursor = await conn.execute("SELECT count(*) AS total FROM tag WHERE workspace_id = %s", (workspace_id,))
    row = await cursor.fetchone()
    return int(row["total"]) if row else 0


async def list_all(conn: Connection, workspace_id: UUID) -> list[Tag]:
    """All tags of the workspace, by name."""
    cursor = await conn.execute("SELECT * FROM tag WHERE workspace_id = %s ORDER BY fold(name)", (workspace_id,))
    return [_tag(row) for row in await cursor.fetchall()]


async def lock_by_ids(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Tag]:
    """Those of the tags that the workspace has, by name, held until the transaction ends."""
    cursor = await conn.execute(
        "SELECT * FROM tag WHERE workspace_id = %s AND id = ANY(%s) ORDER BY fold(name) FOR KEY SHARE",
        (workspace_id, list(ids)),
    )
    return [_tag(row) for row in await cursor.fetchall()]


async def list_of_asset(conn: Connection, workspace_id: UUID, asset_id: UUID) -> list[Tag]:
    """The tags of the workspace's asset, by name; none where it has no such asset."""
    cursor = await conn.execute(
        f"""
        SELECT t.* FROM asset a
        JOIN file f ON f.id = a.file_id JOIN asset_tag m ON m.asset_id = a.id JOIN tag t ON t.id = m.tag_id
        WHERE a.workspace_id = %s AND a.id = %s AND {files.LIVE} ORDER BY fold(t.name)
        """,  # noqa: S608 - constants
        (workspace_id, asset_id),
    )
    return [_tag(row) for row in await cursor.fetchall()]


async def rename(conn: Connection, workspace_id: UUID, id: UUID, name: str) -> Tag | None:
    """Give the tag another name; None if another tag has it, whatever its case. The caller holds the names."""
    cursor = await conn.execute(
        """
        UPDATE tag t SET name = %(name)s WHERE workspace_id = %(workspace)s AND id = %(id)s AND NOT EXISTS (
            SELECT FROM tag o WHERE o.workspace_id = t.workspace_id AND fold(o.name) = fold(%(name)s) AND o.id <> t.id
        )
        RETURNING *
        """,
        {"workspace": workspace_id, "id": id, "name": name},
    )
    row = await cursor.fetchone()
    return _tag(row) if row else None


async def delete(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Remove the tag from all assets, and from the workspace; False if it has no such tag.

    Nobody can assign it any more once it is locked. Its memberships then are, in the order in which all do who remove
    those of several assets.
    """
    cursor = await conn.execute("SELECT FROM tag WHERE workspace_id = %s AND id = %s FOR UPDATE", (workspace_id, id))
    if await cursor.fetchone() is None:
        return False
    await conn.execute("SELECT FROM asset_tag WHERE tag_id = %s ORDER BY asset_id FOR UPDATE", (id,))
    await conn.execute("DELETE FROM tag WHERE id = %s", (id,))
    return True


async def assign(conn: Connection, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Put the tags on the asset; those it has stay. Whoever brings several has changed or locked the asset before."""
    await conn.execute(
        """
        INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT a.id, t.id, a.created_at FROM asset a, unnest(%s::uuid[]) AS t (id) WHERE a.id = %s
        ON CONFLICT DO NOTHING
        """,
        (list(ids), asset_id),
    )


async def unassign(conn: Connection, asset_id: UUID, id: UUID) -> None:
    """Take the tag from the asset, if it has it."""
    await conn.execute("DELETE FROM asset_tag WHERE asset_id = %s AND tag_id = %s", (asset_id, id))


async def unassign_others(conn: Connection, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Take all tags but these from the asset."""
    await conn.execute("DELETE FROM asset_tag WHERE asset_id = %s AND tag_id <> ALL(%s)", (asset_id, list(ids)))
