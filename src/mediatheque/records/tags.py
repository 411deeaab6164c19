"""Rows about tags."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mediatheque.model import Tag
from mediatheque.records.database import Connection


def _tag(row: dict[str, Any]) -> Tag:
    return Tag(id=row["id"], name=row["name"], created_at=row["created_at"])


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


async def find_all(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Tag]:
    """Those of the tags that the workspace has, held until the transaction ends."""
    cursor = await conn.execute(
        "SELECT * FROM tag WHERE workspace_id = %s AND id = ANY(%s) ORDER BY name FOR KEY SHARE",
        (workspace_id, list(ids)),
    )
    return [_tag(row) for row in await cursor.fetchall()]


async def assign(conn: Connection, asset_id: UUID, ids: Sequence[UUID]) -> None:
    """Put the tags on the asset; those it has stay."""
    await conn.execute(
        """
        INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT a.id, t.id, a.created_at FROM asset a, unnest(%s::uuid[]) AS t (id) WHERE a.id = %s
        ON CONFLICT DO NOTHING
        """,
        (list(ids), asset_id),
    )
