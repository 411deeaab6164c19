"""Deleting what a workspace has, in batches that each are one transaction of the caller.

Every table with a column `workspace_id` is in one of the two lists, or emptied in another way (`WITH_OTHERS`), or
`KEPT`; tests/records/test_workspace_content.py knows all tables.
"""

from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg

from mediatheque.records.database import Connection

WITH_OTHERS = frozenset({"file", "asset", "blob", "embedded_metadata", "embedding", "asset_version", "upload"})
"""Tables that `delete_blobs`, the library's deletion of uploads, or a foreign key empties."""
KEPT = frozenset({"workspace_name", "audit_log"})
"""Tables whose rows outlive the workspace: its names stay taken, and the audit log has a time of its own."""


class OwnedTable(NamedTuple):
    """A table whose rows are deleted by their workspace. Rows with a `parent` in it are deleted before that.

    `task_argument` is the argument of the tasks about its rows, which end with them.
    """

    table: str
    parent: str = ""
    task_argument: str = ""


TABLES = (
    OwnedTable("keep", task_argument="keep_id"),
    OwnedTable("hook"),
    OwnedTable("provider_key"),
    OwnedTable("generation_output"),
    OwnedTable("generation_input"),
    OwnedTable("generation"),
    OwnedTable("collection", parent="parent_id"),
    OwnedTable("folder", parent="parent_id"),
    OwnedTable("tag"),
    OwnedTable("idempotency"),
    OwnedTable("workspace_quota"),
    OwnedTable("usage_change"),
    OwnedTable("usage_total"),
    OwnedTable("usage_day"),
)
"""In an order that the foreign keys allow when there are no blobs any more."""
TABLES_OF_UPLOADS = (OwnedTable("upload_batch"), OwnedTable("api_key"))
"""Those to which uploads refer."""


class StillReferenced(Exception):
    """Rows of the workspace were added meanwhile."""


class DeletedBlobs(msgspec.Struct, frozen=True):
    """What one batch deleted: ids of assets and storage keys, which are marked for deletion; `found` were there."""

    found: int
    storage_keys: tuple[str, ...] = ()
    assets: tuple[UUID, ...] = ()


async def delete_blobs(conn: Connection, workspace_id: UUID, *, blobs: int, files: int) -> DeletedBlobs:
    """Delete some of the workspace's blobs with their files and assets, at most so many.

    A blob with more files than that is deleted with its last ones. Lock order: files (by id), blobs.
    """
    cursor = await conn.execute(
        "SELECT id FROM blob WHERE workspace_id = %s ORDER BY sha256, size LIMIT %s", (workspace_id, blobs)
    )
    ids = [row["id"] for row in await cursor.fetchall()]
    cursor = await conn.execute(
        "SELECT id FROM file WHERE blob_id = ANY(%s) ORDER BY id LIMIT %s FOR UPDATE", (ids, files)
    )
    file_ids = [row["id"] for row in await cursor.fetchall()]
    await conn.execute("SELECT FROM blob WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,))
    assets = await conn.execute("DELETE FROM asset WHERE file_id = ANY(%s) RETURNING id", (file_ids,))
    await conn.execute("DELETE FROM file WHERE id = ANY(%s)", (file_ids,))
    deleted = await conn.execute(
        """
        DELETE FROM blob WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
        RETURNING storage_key
        """,
        (ids,),
    )
    return DeletedBlobs(
        found=len(ids),
        storage_keys=tuple([row["storage_key"] for row in await deleted.fetchall()]),
        assets=tuple([row["id"] for row in await assets.fetchall()]),
    )


async def delete_rows(conn: Connection, owned: OwnedTable, workspace_id: UUID, limit: int) -> tuple[int, list[UUID]]:
    """Delete at most `limit` of the workspace's rows of the table.

    Return how many, and their ids if there are tasks about them.
    """
    returning = "RETURNING id" if owned.task_argument else ""
    childless = f"AND NOT EXISTS (SELECT FROM {owned.table} c WHERE c.{owned.parent} = t.id)" if owned.parent else ""
    cursor = await conn.execute(
        f"""
        DELETE FROM {owned.table} WHERE ctid = ANY(ARRAY(
            SELECT t.ctid FROM {owned.table} t WHERE t.workspace_id = %s {childless} LIMIT %s
        )) {returning}
        """,  # noqa: S608 - constants
        (workspace_id, limit),
    )
    return cursor.rowcount, [row["id"] for row in await cursor.fetchall()] if owned.task_argument else []


async def delete_workspace(conn: Connection, workspace_id: UUID) -> None:
    """Delete the row of a deleted workspace that has no content any more. Raises `StillReferenced`.

    The foreign keys are checked by reading whole tables, since their indexes are for what lists need: a second for a
    million assets, and without a limit of time for more.
    """
    await conn.execute("SET LOCAL statement_timeout = 0")
    try:
        await conn.execute("DELETE FROM workspace WHERE id = %s AND deleted_at IS NOT NULL", (workspace_id,))
    except psycopg.errors.ForeignKeyViolation as error:
        raise StillReferenced from error
