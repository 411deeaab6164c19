"""Rows about bytes promised."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import FileDefaults, Upload, UploadMethod
from mediatheque.records.database import Connection


def from_row(row: dict[str, Any]) -> Upload:
    """A promise from a row of `upload`."""
    return Upload(
        id=row["id"],
        workspace_id=row["workspace_id"],
        key_id=row["key_id"],
        file_id=row["file_id"],
        name=row["name"],
        declared_type=row["declared_type"],
        expires_at=row["expires_at"],
        method=UploadMethod(row["method"]),
        asset_id=row["asset_id"],
        size=row["size"],
        sha256=row["sha256"],
        storage_key=row["storage_key"],
        multipart_id=row["multipart_id"],
        defaults=msgspec.convert(row["defaults"], FileDefaults),
        batch_id=row["batch_id"],
        item_index=row["item_index"],
        requested_at=row["requested_at"],
        completed_at=row["completed_at"],
        failure=row["failure"],
    )


async def insert(conn: Connection, upload: Upload, token_hash: bytes) -> None:
    """Store the promise; of the token only its hash."""
    await conn.execute(
        """
        INSERT INTO upload (id, workspace_id, key_id, file_id, token_hash, name, declared_type, expires_at, method,
                            asset_id, size, sha256, storage_key, multipart_id, defaults, batch_id, item_index)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            upload.id,
            upload.workspace_id,
            upload.key_id,
            upload.file_id,
            token_hash,
            upload.name,
            upload.declared_type,
            upload.expires_at,
            upload.method,
            upload.asset_id,
            upload.size,
            upload.sha256,
            upload.storage_key,
            upload.multipart_id,
            Jsonb(msgspec.to_builtins(upload.defaults)),
            upload.batch_id,
            upload.item_index,
        ),
    )


async def find_live(conn: Connection, id: UUID) -> tuple[Upload, bytes] | None:
    """The promise that has not expired and whose key is live, with the hash of its token."""
    cursor = await conn.execute(
        """
        SELECT u.* FROM upload u JOIN api_key k ON k.id = u.key_id
        WHERE u.id = %s AND u.expires_at > now() AND k.revoked_at IS NULL
        """,
        (id,),
    )
    row = await cursor.fetchone()
    return (from_row(row), row["token_hash"]) if row else None


async def find(conn: Connection, id: UUID) -> Upload | None:
    """The promise, expired or not."""
    return await _one(conn, "WHERE id = %s", (id,))


async def lock(conn: Connection, id: UUID) -> Upload | None:
    """The promise as it is now; nobody else keeps it until the transaction ends."""
    return await _one(conn, "WHERE id = %s FOR UPDATE", (id,))


async def find_by_asset(conn: Connection, workspace_id: UUID, asset_id: UUID) -> Upload | None:
    """The workspace's promise of that asset."""
    return await _one(conn, "WHERE workspace_id = %s AND asset_id = %s", (workspace_id, asset_id))


async def _one(conn: Connection, where: str, parameters: Sequence[object]) -> Upload | None:
    found = await _many(conn, where, parameters)
    return found[0] if found else None


async def complete(conn: Connection, id: UUID) -> bool:
    """Mark the promise as kept; False if it was already, or if its parts were refused and are gone."""
    cursor = await conn.execute(
        """
        UPDATE upload SET completed_at = now(), failure = NULL
        WHERE id = %s AND completed_at IS NULL AND (failure IS NULL OR method <> 'multipart')
        """,
        (id,),
    )
    return cursor.rowcount == 1


async def set_multipart_id(conn: Connection, id: UUID, multipart_id: str) -> None:
    """Note what the store calls the room that it made for parts."""
    await conn.execute("UPDATE upload SET multipart_id = %s WHERE id = %s", (multipart_id, id))


async def fail(conn: Connection, id: UUID, failure: str) -> bool:
    """Mark the promise as broken, because what arrived was refused; False if it was already, or has been kept."""
    cursor = await conn.execute(
        "UPDATE upload SET failure = %s WHERE id = %s AND completed_at IS NULL AND failure IS NULL", (failure, id)
    )
    return cursor.rowcount == 1


async def refuse(conn: Connection, upload: Upload, failure: str) -> bool:
    """Note why the bytes that this upload named were refused; unless presigned, they wait there no longer.

    False if they were completed or replaced meanwhile.
    """
    cursor = await conn.execute(
        """
        UPDATE upload SET failure = %s, storage_key = CASE WHEN multipart_id IS NULL THEN NULL ELSE storage_key END
        WHERE id = %s AND completed_at IS NULL AND storage_key = %s
        """,
        (failure, upload.id, upload.storage_key),
    )
    return cursor.rowcount == 1


async def move(conn: Connection, id: UUID, storage_key: str, *, was: str | None) -> bool:
    """Note that the bytes wait under another key now; False if somebody else moved or completed them meanwhile.

    What was found out about those before them, and asked for, is forgotten.
    """
    cursor = await conn.execute(
        """
        UPDATE upload SET storage_key = %s, failure = NULL, requested_at = NULL
        WHERE id = %s AND storage_key IS NOT DISTINCT FROM %s AND completed_at IS NULL
        """,
        (storage_key, id, was),
    )
    return cursor.rowcount == 1


async def expired(conn: Connection, limit: int) -> list[Upload]:
    """Uploads out of date whose bytes may still be waiting in the store, oldest first.

    Those of a completed upload are the blob's, unless they came past the server and were copied.
    """
    return await _many(
        conn,
        """
        WHERE expires_at < now() AND cleaned_at IS NULL AND storage_key IS NOT NULL
            AND (completed_at IS NULL OR method = 'multipart' OR multipart_id IS NOT NULL)
        ORDER BY expires_at LIMIT %s
        """,
        (limit,),
    )


async def mark_cleaned(conn: Connection, id: UUID) -> None:
    """The bytes that waited are removed."""
    await conn.execute("UPDATE upload SET cleaned_at = now() WHERE id = %s", (id,))


async def ended(conn: Connection, age: timedelta, limit: int) -> list[Upload]:
    """Uploads that expired longer than `age` ago, oldest first."""
    return await _many(conn, "WHERE expires_at < now() - %s ORDER BY expires_at LIMIT %s", (age, limit))


async def forget(conn: Connection, ids: Sequence[UUID]) -> None:
    """Forget uploads and their parts."""
    await conn.execute("DELETE FROM upload WHERE id = ANY(%s)", (list(ids),))


async def _many(conn: Connection, where: str, parameters: Sequence[object]) -> list[Upload]:
    cursor = await conn.execute("SELECT * FROM upload " + where, parameters)  # noqa: S608 - our own words
    return [from_row(row) for row in await cursor.fetchall()]
