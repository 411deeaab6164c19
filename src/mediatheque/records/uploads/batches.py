"""Rows of upload batches."""

from uuid import UUID

from mediatheque.model import Batch, Upload
from mediatheque.records.database import Connection
from mediatheque.records.uploads import uploads


async def insert(conn: Connection, batch: Batch) -> None:
    """Insert the batch, before its uploads."""
    await conn.execute(
        "INSERT INTO upload_batch (id, workspace_id, title, total, created_at) VALUES (%s, %s, %s, %s, %s)",
        (batch.id, batch.workspace_id, batch.title, batch.total, batch.created_at),
    )


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> Batch | None:
    """Return the workspace's batch of that id."""
    cursor = await conn.execute(
        "SELECT id, workspace_id, created_at, total, title FROM upload_batch WHERE workspace_id = %s AND id = %s",
        (workspace_id, id),
    )
    row = await cursor.fetchone()
    return Batch(**row) if row else None


async def list_uploads(conn: Connection, id: UUID) -> list[Upload]:
    """Return the batch's uploads in the order in which they were declared: a hundred at most."""
    cursor = await conn.execute("SELECT * FROM upload WHERE batch_id = %s ORDER BY item_index", (id,))
    return [uploads.from_row(row) for row in await cursor.fetchall()]


async def request_completion(conn: Connection, id: UUID) -> list[UUID]:
    """Record that the client declared the batch complete. Return the ids of the uploads that are to be checked now."""
    cursor = await conn.execute(
        """
        UPDATE upload SET requested_at = now(), failure = NULL
        WHERE batch_id = %s AND completed_at IS NULL AND expires_at > now()
            AND (requested_at IS NULL OR failure IS NOT NULL)
        RETURNING id
        """,
        (id,),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def find_uploads(conn: Connection, workspace_id: UUID, asset_ids: list[UUID]) -> dict[UUID, Upload]:
    """Return the workspace's uploads of those assets, by asset id."""
    cursor = await conn.execute(
        "SELECT * FROM upload WHERE workspace_id = %s AND asset_id = ANY(%s)", (workspace_id, asset_ids)
    )
    found = [uploads.from_row(row) for row in await cursor.fetchall()]
    return {upload.asset_id: upload for upload in found if upload.asset_id}


async def delete_empty(conn: Connection, limit: int) -> int:
    """Delete at most `limit` batches without uploads, older than any upload can be, and return how many."""
    cursor = await conn.execute(
        """
        DELETE FROM upload_batch WHERE id IN (
            SELECT id FROM upload_batch b
            WHERE created_at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM upload WHERE batch_id = b.id)
            ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (limit,),
    )
    return cursor.rowcount
