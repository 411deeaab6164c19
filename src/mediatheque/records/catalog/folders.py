"""Rows of folders: a tree in each workspace, of which subtrees may be in the trash."""

import re
from typing import Any
from uuid import UUID

from mediatheque.model import Cursor, Folder, FolderFilter
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection, fetch_one

_LIKE_SPECIAL = re.compile(r"([\\%_])")
_SELECT = f"""
    SELECT d.*,
        (SELECT count(*) FROM folder c WHERE c.parent_id = d.id AND c.trashed_at IS NULL)
        + (SELECT count(*) FROM asset a
           WHERE a.workspace_id = d.workspace_id AND a.folder_id = d.id AND a.trashed_at IS NULL)
        - (SELECT count(*) FROM file f JOIN asset a ON a.file_id = f.id
           WHERE {files.EXPIRED} AND a.workspace_id = d.workspace_id AND a.folder_id = d.id AND a.trashed_at IS NULL
        ) AS children
    FROM folder d
"""  # noqa: S608 - constants


def from_row(row: dict[str, Any]) -> Folder:
    """Build a folder from a row of `_SELECT`."""
    return Folder(
        id=row["id"],
        workspace_id=row["workspace_id"],
        name=row["name"],
        project_type=row["project_type"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        parent_id=row["parent_id"],
        trashed_at=row["trashed_at"],
        children=row["children"],
    )


async def insert(
    conn: Connection, *, id: UUID, workspace_id: UUID, name: str, project_type: str, parent_id: UUID | None
) -> None:
    """Insert an empty folder. The caller has locked the tree and checked that the parent is not in the trash."""
    await conn.execute(
        "INSERT INTO folder (id, workspace_id, name, project_type, parent_id) VALUES (%s, %s, %s, %s, %s)",
        (id, workspace_id, name, project_type, parent_id),
    )


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> Folder | None:
    """Return the workspace's folder of that id, in the trash or not, or None."""
    cursor = await conn.execute(f"{_SELECT} WHERE d.workspace_id = %s AND d.id = %s", (workspace_id, id))
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def lock_for_share(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Lock the folder against deletion until the transaction ends. Return False unless it exists outside the trash."""
    cursor = await conn.execute(
        "SELECT FROM folder WHERE workspace_id = %s AND id = %s AND trashed_at IS NULL FOR KEY SHARE",
        (workspace_id, id),
    )
    return await cursor.fetchone() is not None


async def page(
    conn: Connection, workspace_id: UUID, wanted: FolderFilter, after: Cursor | None, limit: int
) -> list[Folder]:
    """Return the next folders after the cursor, newest first."""
    where, parameters = _where(workspace_id, wanted)
    if after is not None:
        where += " AND (d.created_at, d.id) < (%s, %s)"
        parameters += [after.created_at, after.id]
    order = "ORDER BY d.created_at DESC, d.id DESC LIMIT %s"
    cursor = await conn.execute(f"{_SELECT} {where} {order}", [*parameters, limit])
    return [from_row(row) for row in await cursor.fetchall()]


async def count(conn: Connection, workspace_id: UUID, wanted: FolderFilter) -> int:
    """Count the folders that match the filter."""
    where, parameters = _where(workspace_id, wanted)
    cursor = await conn.execute(f"SELECT count(*) AS total FROM folder d {where}", parameters)  # noqa: S608 - constants
    return int((await fetch_one(cursor))["total"])


def _where(workspace_id: UUID, wanted: FolderFilter) -> tuple[str, list[object]]:
    where = f"WHERE d.workspace_id = %s AND d.trashed_at IS {'NOT' if wanted.trashed else ''} NULL"
    parameters: list[object] = [workspace_id]
    if wanted.parent_id is not None:
        where += " AND d.parent_id = %s"
        parameters.append(wanted.parent_id)
    elif wanted.root_only:
        where += " AND d.parent_id IS NULL"
    if wanted.name:
        where += " AND fold(d.name) LIKE fold(%s)"
        parameters.append(_like_pattern(wanted.name))
    return where, parameters


def _like_pattern(text: str) -> str:
    """A LIKE pattern that matches any text that contains this one; LIKE's special characters are escaped."""
    return "%" + _LIKE_SPECIAL.sub(r"\\\1", text) + "%"


async def rename(conn: Connection, workspace_id: UUID, id: UUID, name: str) -> None:
    """Rename the folder."""
    await conn.execute(
        "UPDATE folder SET name = %s, updated_at = now() WHERE workspace_id = %s AND id = %s", (name, workspace_id, id)
    )


async def lock_tree(conn: Connection, workspace_id: UUID) -> None:
    """Lock the workspace's trees of folders and of collections against changes until the transaction ends."""
    await conn.execute("SELECT FROM workspace WHERE id = %s FOR NO KEY UPDATE", (workspace_id,))


async def trash(conn: Connection, workspace_id: UUID, id: UUID) -> None:
    """Move the folder and the live folders below it to the trash, all with one time. The caller has locked the tree."""
    await conn.execute(
        """
        WITH RECURSIVE tree AS (
            SELECT id FROM folder WHERE workspace_id = %s AND id = %s AND trashed_at IS NULL
            UNION ALL
            SELECT d.id FROM folder d JOIN tree t ON d.parent_id = t.id WHERE d.trashed_at IS NULL
        )
        UPDATE folder SET trashed_at = statement_timestamp(), updated_at = statement_timestamp()
        WHERE id IN (SELECT id FROM tree)
        """,
        (workspace_id, id),
    )


async def restore(conn: Connection, workspace_id: UUID, id: UUID) -> None:
    """Restore the folder and the folders that were trashed at the same time. The caller has locked the tree.

    The folder moves to the root if its parent is in the trash.
    """
    await conn.execute(
        """
        WITH RECURSIVE tree AS (
            SELECT id, trashed_at FROM folder WHERE workspace_id = %(workspace)s AND id = %(id)s
            UNION ALL
            SELECT d.id, d.trashed_at FROM folder d
            JOIN tree t ON d.parent_id = t.id AND d.trashed_at = t.trashed_at
        )
        UPDATE folder SET trashed_at = NULL, updated_at = statement_timestamp(), parent_id = CASE
            WHEN id = %(id)s AND EXISTS (
                SELECT FROM folder p WHERE p.id = folder.parent_id AND p.trashed_at IS NOT NULL
            ) THEN NULL ELSE parent_id END
        WHERE id IN (SELECT id FROM tree) AND trashed_at IS NOT NULL
        """,
        {"workspace": workspace_id, "id": id},
    )
