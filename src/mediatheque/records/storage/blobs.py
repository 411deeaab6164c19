"""Blob rows: one per content and workspace, marked when no file refers to it, then collected."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from mediatheque.model import Blob, BlobState, Kind, MediaInfo
from mediatheque.records.database import Connection

COLUMNS = """
    b.id AS blob_id, b.workspace_id AS blob_workspace_id, b.sha256, b.crc32, b.size, b.storage_key,
    b.mime, b.kind AS blob_kind, b.width, b.height, b.duration, b.state AS blob_state, b.state_reason
"""


def from_row(row: dict[str, Any]) -> Blob:
    """Make a blob of a row that selected `COLUMNS`."""
    return Blob(
        id=row["blob_id"],
        workspace_id=row["blob_workspace_id"],
        sha256=row["sha256"],
        size=row["size"],
        storage_key=row["storage_key"],
        media_info=MediaInfo(
            mime=row["mime"],
            kind=Kind(row["blob_kind"]),
            width=row["width"],
            height=row["height"],
            duration=row["duration"],
        ),
        crc32=row["crc32"],
        state=BlobState(row["blob_state"]) if row["blob_state"] else None,
        state_reason=row["state_reason"],
    )


async def find(conn: Connection, workspace_id: UUID, sha256: bytes, size: int) -> Blob | None:
    """Return the workspace's blob with this content."""
    cursor = await conn.execute(
        f"SELECT {COLUMNS} FROM blob b WHERE workspace_id = %s AND sha256 = %s AND size = %s",  # noqa: S608 - columns are a constant
        (workspace_id, sha256, size),
    )
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def set_state(conn: Connection, blob: Blob, state: BlobState | None, reason: str | None) -> None:
    """Store whether the blob's pixels decode; None where nothing failed."""
    await conn.execute("UPDATE blob SET state = %s, state_reason = %s WHERE id = %s", (state, reason, blob.id))


async def lock(conn: Connection, id: UUID) -> None:
    """Lock the blob's row until the transaction ends, so that one transaction at a time counts its references."""
    await conn.execute("SELECT FROM blob WHERE id = %s FOR UPDATE", (id,))


async def mark_if_unreferenced(conn: Connection, id: UUID) -> None:
    """Mark the blob for collection if no file refers to it. The caller has locked it with `lock`."""
    await conn.execute(
        """
        UPDATE blob SET unreferenced_since = now()
        WHERE id = %s AND unreferenced_since IS NULL AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
        """,
        (id,),
    )


async def collect(conn: Connection, grace: timedelta, limit: int) -> int:
    """Delete blobs marked longer than `grace` ago and still unreferenced, and return how many.

    The table's trigger marks their bytes for deletion.
    """
    cursor = await conn.execute(
        """
        DELETE FROM blob WHERE id IN (
            SELECT id FROM blob
            WHERE unreferenced_since < now() - %s AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
            ORDER BY unreferenced_since LIMIT %s FOR UPDATE SKIP LOCKED
        )
        AND unreferenced_since IS NOT NULL AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
        """,
        (grace, limit),
    )
    return cursor.rowcount
