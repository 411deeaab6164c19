"""What blobs say about themselves; and blobs of older versions, of which that and the CRC-32 are not known."""

from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model import Blob, EmbeddedMetadata, Generation
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs

COLUMNS = "m.data AS embedded_data, m.generation AS embedded_generation"


def from_row(row: dict[str, Any]) -> EmbeddedMetadata:
    """Build it from a row that selects `COLUMNS`, all null where a blob says nothing."""
    generation = row["embedded_generation"]
    return EmbeddedMetadata(
        data=row["embedded_data"] or {},
        generation=None if generation is None else msgspec.convert(generation, Generation),
    )


async def exist_unread(conn: Connection) -> bool:
    """Return whether there is a blob that is yet to be read."""
    return await (await conn.execute("SELECT FROM blob WHERE crc32 IS NULL LIMIT 1")).fetchone() is not None


async def list_unread(conn: Connection, after: UUID, limit: int) -> list[Blob]:
    """Return the next blobs, of any workspace, that are yet to be read, by id."""
    cursor = await conn.execute(
        f"SELECT {blobs.COLUMNS} FROM blob b WHERE crc32 IS NULL AND id > %s ORDER BY id LIMIT %s",  # noqa: S608 - columns are a constant
        (after, limit),
    )
    return [blobs.from_row(row) for row in await cursor.fetchall()]


async def store_reading(conn: Connection, blob: Blob, crc32: int, embedded: EmbeddedMetadata | None) -> None:
    """Store what was read of the blob, in the caller's transaction. Nothing is stored of one that is gone or was read.

    The blob's files are locked first, which makes assets of them wait that are written at the same moment.
    """
    await conn.execute("SELECT FROM file WHERE blob_id = %s ORDER BY id FOR UPDATE", (blob.id,))
    updated = await conn.execute("UPDATE blob SET crc32 = %s WHERE id = %s AND crc32 IS NULL", (crc32, blob.id))
    if not updated.rowcount or embedded is None:
        return
    await conn.execute(
        """
        INSERT INTO embedded_metadata (blob_id, workspace_id, data, generation)
        VALUES (%s, %s, %s::jsonb, %s::jsonb) ON CONFLICT (blob_id) DO NOTHING
        """,
        (blob.id, blob.workspace_id, _json(embedded.data), embedded.generation and _json(embedded.generation)),
    )
    await conn.execute(
        """
        UPDATE asset a SET document = document_of(a.title, a.caption, f.name, m.words)
        FROM file f JOIN embedded_metadata m ON m.blob_id = f.blob_id
        WHERE f.blob_id = %s AND a.file_id = f.id
        """,
        (blob.id,),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
