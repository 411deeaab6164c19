"""The tree of collections in SQL."""

from uuid import UUID

import msgspec

from mediatheque.model import TreeNode
from mediatheque.records.database import Connection


async def subtree_with_ancestors(conn: Connection, workspace_id: UUID, id: UUID) -> list[TreeNode]:
    """Return the collection, its ancestors and its descendants, by level and then newest first.

    Empty when the collection does not exist.
    """
    cursor = await conn.execute(
        """
        WITH RECURSIVE self AS (
            SELECT id, name, type, parent_id, created_at, 0 AS level FROM collection
            WHERE workspace_id = %(workspace)s AND id = %(id)s
        ), above AS (
            SELECT * FROM self
            UNION ALL
            SELECT c.id, c.name, c.type, c.parent_id, c.created_at, x.level - 1
            FROM collection c JOIN above x ON c.id = x.parent_id WHERE c.workspace_id = %(workspace)s
        ), below AS (
            SELECT * FROM self
            UNION ALL
            SELECT c.id, c.name, c.type, c.parent_id, c.created_at, x.level + 1
            FROM collection c JOIN below x ON c.parent_id = x.id WHERE c.workspace_id = %(workspace)s
        )
        SELECT id, name, type, parent_id, level FROM (SELECT * FROM above UNION SELECT * FROM below) AS nodes
        ORDER BY level, created_at DESC, id DESC
        """,
        {"workspace": workspace_id, "id": id},
    )
    return [msgspec.convert(row, TreeNode) for row in await cursor.fetchall()]
