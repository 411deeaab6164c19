"""Rows of tags, and of tags on assets.

Rows of `asset_tag` have no workspace: callers have checked that asset and tag belong to the same one.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mediatheque.model import Tag
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection, fetch_one


def from_row(row: dict[str, Any]) -> Tag:
    """Build a tag from its row."""
    return Tag(id=row["id"], name=row["name"], created_at=row["created_at"])


async def lock_names(conn: Connection, workspace_id: UUID) -> None:
    """Lock the workspace's tag names: no concurrent request can create or rename a tag until the transaction ends."""
    await conn.execute("SELECT FROM workspace WHERE id = %s FOR NO KEY UPDATE", (workspace_id,))


async def insert(conn: Connection, *, id: UUID, workspace_id: UUID, name: str) -> Tag | None:
    """Insert the tag. Return None when the workspace has a tag of that name, ignoring case."""
    cursor = await conn.execute(
        """
        INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s)
        ON CONFLICT (workspace_id, fold(name)) DO NOTHING RETURNING *
        """,
        (id, workspace_id, name),
    )
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def count(conn: Connection, workspace_id: UUID) -> int:
    """Count the workspace's tags."""
    cursor = await conn.execute("SELECT count(*) AS total FROM tag WHERE workspace_id = %s", (workspace_id,))
    return int((await fetch_one(cursor))["total"])


async def list_all(conn: Connection, workspace_id: UUID) -> list[Tag]:
    """Return all tags of the workspace, sorted by name."""
    cursor = await conn.execute("SELECT * FROM tag WHERE workspace_id = %s ORDER BY fold(name)", (workspace_id,))
    return [from_row(row) for row in await cursor.fetchall()]


async def lock_by_ids(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Tag]:
    """Lock the workspace's tags of those ids against deletion until the transaction ends. Return them by name."""
    cursor = await conn.execute(
        "SELECT * FROM tag WHERE workspace_id = %s AND id = ANY(%s) ORDER BY fold(name) FOR KEY SHARE",
        (workspace_id, list(ids)),
    )
    return [from_row(row) for row in await cursor.fetchall()]


async def find_ids(conn: Connection, workspace_id: UUID, names: Sequence[str]) -> list[UUID | None]:
    """Return the ids of the workspace's tags of those names, ignoring case, in their order; None for no such tag."""
    cursor = await conn.execute(
        """
        SELECT t.id FROM unnest(%s::text[]) WITH ORDINALITY AS x (name, at)
        LEFT JOIN tag t ON t.workspace_id = %s AND fold(t.name) = fold(x.name) ORDER BY x.at
        """,
        (list(names), workspace_id),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def lock_by_names(conn: Connection, workspace_id: UUID, names: Sequence[str]) -> tuple[list[Tag], list[str]]:
    """Lock the workspace's tags of those names, ignoring case, against deletion until the transaction ends.

    Return them by name, and the names that no tag has.
    """
    cursor = await conn.execute(
        """
        SELECT * FROM tag WHERE workspace_id = %s AND fold(name) IN (SELECT fold(x) FROM unnest(%s::text[]) x)
        ORDER BY fold(name) FOR KEY SHARE
        """,
        (workspace_id, list(names)),
    )
    found = [from_row(row) for row in await cursor.fetchall()]
    cursor = await conn.execute(
        """
        SELECT x FROM unnest(%s::text[]) x
        WHERE fold(x) NOT IN (SELECT fold(y) FROM unnest(%s::text[]) y)
        """,
        (list(names), [tag.name for tag in found]),
    )
    return found, [row["x"] for row in await cursor.fetchall()]


async def list_of_asset(conn: Connection, workspace_id: UUID, asset_id: UUID) -> list[Tag]:
    """Return the tags of the workspace's asset, sorted by name. Empty when there is no such asset."""
    cursor = await conn.execute(
        f"""
        SELECT t.* FROM asset a
        JOIN file f ON f.id = a.file_id JOIN asset_tag m ON m.asset_id = a.id JOIN tag t ON t.id = m.tag_id
        WHERE a.workspace_id = %s AND a.id = %s AND {assets.LIVE} ORDER BY fold(t.name)
        """,  # noqa: S608 - constants
        (workspace_id, asset_id),
    )
    return [from_row(row) for row in await cursor.fetchall()]


async def rename(conn: Connection, workspace_id: UUID, id: UUID, name: str) -> Tag | None:
    """Rename the tag. Return None when another tag has the name, ignoring case. The caller has locked the names."""
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
    return from_row(row) if row else None


async def delete(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Delete the tag, and remove it from its assets. Return False when the workspace has no such tag.

    Once the tag is locked, no concurrent request can assign it. Its memberships are then locked by asset id, the order
    that every transaction uses which deletes memberships of several assets.
    """
    cursor = await conn.execute("SELECT FROM tag WHERE workspace_id = %s AND id = %s FOR UPDATE", (workspace_id, id))
    if await cursor.fetchone() is None:
        return False
    await conn.execute("SELECT FROM asset_tag WHERE tag_id = %s ORDER BY asset_id FOR UPDATE", (id,))
    await conn.execute("DELETE FROM tag WHERE workspace_id = %s AND id = %s", (workspace_id, id))
    return True


async def assign(conn: Connection, workspace_id: UUID, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Add the tags to the asset. Tags that it has stay.

    A caller that adds several has locked the asset against changes before, so that two cannot deadlock.
    """
    await conn.execute(
        """
        INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT a.id, t.id, a.created_at FROM asset a, unnest(%s::uuid[]) AS t (id)
        WHERE a.workspace_id = %s AND a.id = %s
        ON CONFLICT DO NOTHING
        """,
        (list(ids), workspace_id, asset_id),
    )


async def unassign(conn: Connection, asset_id: UUID, id: UUID) -> None:
    """Remove the tag from the asset, if it has it."""
    await conn.execute("DELETE FROM asset_tag WHERE asset_id = %s AND tag_id = %s", (asset_id, id))


async def unassign_others(conn: Connection, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Remove all tags but these from the asset."""
    await conn.execute("DELETE FROM asset_tag WHERE asset_id = %s AND tag_id <> ALL(%s)", (asset_id, list(ids)))
