"""Rows of the parts of multipart uploads."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import UploadedPart
from mediatheque.records.database import Connection, fetch_one


async def put(conn: Connection, id: UUID, part: UploadedPart) -> None:
    """Insert a part that has arrived, replacing an earlier one of its number."""
    await conn.execute(
        """
        INSERT INTO upload_part (upload_id, number, size, sha256, etag) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (upload_id, number) DO UPDATE
            SET size = excluded.size, sha256 = excluded.sha256, etag = excluded.etag
        """,
        (id, part.number, part.size, part.sha256, part.etag),
    )


async def find(conn: Connection, id: UUID, number: int) -> UploadedPart | None:
    """Return the part of that number, if it has arrived."""
    found = await _select(conn, "WHERE upload_id = %s AND number = %s", (id, number))
    return found[0] if found else None


async def list_all(conn: Connection, id: UUID) -> list[UploadedPart]:
    """Return all parts that have arrived, ordered by number: at most 10,000."""
    return await _select(conn, "WHERE upload_id = %s", (id,))


async def _select(conn: Connection, where: str, parameters: Sequence[object]) -> list[UploadedPart]:
    cursor = await conn.execute(
        f"SELECT number, size, sha256, etag FROM upload_part {where} ORDER BY number",  # noqa: S608 - a constant
        parameters,
    )
    return [UploadedPart(**row) for row in await cursor.fetchall()]


async def total_bytes(conn: Connection, id: UUID) -> int:
    """Return the total size of all parts that have arrived."""
    cursor = await conn.execute(
        "SELECT COALESCE(sum(size), 0)::bigint AS total FROM upload_part WHERE upload_id = %s", (id,)
    )
    return int((await fetch_one(cursor))["total"])


async def total_bytes_in_flight(conn: Connection, workspace_id: UUID) -> int:
    """Return the total size of the parts of all uploads of the workspace that can still be completed."""
    cursor = await conn.execute(
        """
        SELECT COALESCE(sum(p.size), 0)::bigint AS total FROM upload u JOIN upload_part p ON p.upload_id = u.id
        WHERE u.workspace_id = %s AND u.expires_at > now() AND u.completed_at IS NULL AND u.failure IS NULL
        """,
        (workspace_id,),
    )
    return int((await fetch_one(cursor))["total"])


async def delete_all(conn: Connection, id: UUID) -> None:
    """Delete every part of the upload."""
    await conn.execute("DELETE FROM upload_part WHERE upload_id = %s", (id,))
