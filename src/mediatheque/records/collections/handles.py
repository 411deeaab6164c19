"""Rows about characters' identifiers."""

from uuid import UUID

from mediatheque.records.database import Connection


async def taken_handles(conn: Connection, workspace_id: UUID, stem: str) -> set[str]:
    """Those of the workspace's identifiers, folded, that begin so."""
    cursor = await conn.execute(
        """
        SELECT fold(identifier) AS handle FROM collection
        WHERE workspace_id = %s AND identifier IS NOT NULL AND starts_with(fold(identifier), fold(%s))
        """,
        (workspace_id, stem),
    )
    return {row["handle"] for row in await cursor.fetchall()}
