"""Rows of upload sessions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import FileDefaults, Upload, UploadMethod
from mediatheque.records.database import Connection


def from_row(row: dict[str, Any]) -> Upload:
    """Make an upload of a row of `upload`."""
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
    """Insert the upload, of its token only the hash."""
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


async def find_live(conn: Connection, id: UUID, workspace_id: UUID | None = None) -> tuple[Upload, bytes] | None:
    """Return the upload and its token's hash, if it has not expired, its API key is live and its workspace active.

    Without a workspace the caller must check the token.
    """
    cursor = await conn.execute(
        """
        SELECT u.* FROM upload u JOIN api_key k ON k.id = u.key_id JOIN workspace w ON w.id = u.workspace_id
        WHERE u.id = %s AND u.workspace_id = COALESCE(%s, u.workspace_id) AND u.expires_at > now()
            AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
            AND w.suspended_at IS NULL AND w.deleted_at IS NULL
        """,
        (id, workspace_id),
    )
    row = await cursor.fetchone()
    return (from_row(row), row["token_hash"]) if row else None


async def find(conn: Connection, id: UUID) -> Upload | None:
    """Return the upload, expired or not."""
    return await _one(conn, "WHERE id = %s", (id,))


async def lock(conn: Connection, id: UUID) -> Upload | None:
    """Return the upload as it is now, locked until the transaction ends."""
    return await _one(conn, "WHERE id = %s FOR UPDATE", (id,))


async def find_by_asset(conn: Connection, workspace_id: UUID, asset_id: UUID) -> Upload | None:
    """Return the workspace's upload of that asset."""
    return await _one(conn, "WHERE workspace_id = %s AND asset_id = %s", (workspace_id, asset_id))


async def _one(conn: Connection, where: str, parameters: Sequence[object]) -> Upload | None:
    found = await _many(conn, where, parameters)
    return found[0] if found else None


async def complete(conn: Connection, id: UUID) -> bool:
    """Mark the upload as completed. Return False if it was already, or if its parts were refused and deleted."""
    cursor = await conn.execute(
        """
        UPDATE upload SET completed_at = now(), failure = NULL
        WHERE id = %s AND completed_at IS NULL AND (failure IS NULL OR method <> 'multipart')
        """,
        (id,),
    )
    return cursor.rowcount == 1


async def set_multipart_id(conn: Connection, id: UUID, multipart_id: str) -> None:
    """Set the store's id of the multipart upload."""
    await conn.execute("UPDATE upload SET multipart_id = %s WHERE id = %s", (multipart_id, id))


async def fail(conn: Connection, id: UUID, failure: str) -> bool:
    """Mark the upload as failed. Return False if it was already, or has been completed."""
    cursor = await conn.execute(
        "UPDATE upload SET failure = %s WHERE id = %s AND completed_at IS NULL AND failure IS NULL", (failure, id)
    )
    return cursor.rowcount == 1


async def refuse(conn: Connection, upload: Upload, failure: str) -> bool:
    """Record why the upload's bytes were refused, and clear its storage key unless it is a presigned one.

    Return False if a concurrent request has completed the upload or replaced the bytes.
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
    """Set another storage key, and clear the failure and the request for a check of the bytes before.

    Return False if a concurrent request has moved or completed the upload.
    """
    cursor = await conn.execute(
        """
        UPDATE upload SET storage_key = %s, failure = NULL, requested_at = NULL
        WHERE id = %s AND storage_key IS NOT DISTINCT FROM %s AND completed_at IS NULL
        """,
        (storage_key, id, was),
    )
    return cursor.rowcount == 1


async def list_expired(conn: Connection, limit: int) -> list[Upload]:
    """Return expired uploads whose bytes may still be in the store, oldest first.

    The bytes of a completed upload belong to its blob, except presigned ones, which were copied, and parts.
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
    """Record that the upload's bytes are deleted."""
    await conn.execute("UPDATE upload SET cleaned_at = now() WHERE id = %s", (id,))


async def list_ended(conn: Connection, age: timedelta, limit: int) -> list[Upload]:
    """Return uploads that expired longer than `age` ago, oldest first."""
    return await _many(conn, "WHERE expires_at < now() - %s ORDER BY expires_at LIMIT %s", (age, limit))


async def list_of_workspace(conn: Connection, workspace_id: UUID, after: UUID | None, limit: int) -> list[Upload]:
    """Return the next uploads of a workspace, ordered by id."""
    return await _many(
        conn,
        "WHERE workspace_id = %s AND (%s::uuid IS NULL OR id > %s) ORDER BY id LIMIT %s",
        (workspace_id, after, after, limit),
    )


async def delete(conn: Connection, ids: Sequence[UUID]) -> None:
    """Delete uploads and their parts."""
    await conn.execute("DELETE FROM upload WHERE id = ANY(%s)", (list(ids),))


async def _many(conn: Connection, where: str, parameters: Sequence[object]) -> list[Upload]:
    cursor = await conn.execute("SELECT * FROM upload " + where, parameters)  # noqa: S608 - a constant
    return [from_row(row) for row in await cursor.fetchall()]


async def list_lost(conn: Connection, limit: int, *, queue: str, lock: str) -> list[UUID]:
    """Return items of batches whose completion was requested and that have no task; `lock` as in `search.lost_work`."""
    cursor = await conn.execute(
        """
        SELECT id FROM upload u
        WHERE expires_at > now() AND batch_id IS NOT NULL AND requested_at IS NOT NULL AND completed_at IS NULL
            AND failure IS NULL AND NOT EXISTS (
                SELECT FROM procrastinate_jobs j
                WHERE j.lock = replace(%(lock)s, '{id}', u.id::text) AND j.status IN ('todo', 'doing') OFFSET 0
            )
            AND replace(%(lock)s, '{id}', u.id::text) NOT IN (
                SELECT lock FROM procrastinate_jobs
                WHERE queue_name = %(queue)s AND status = 'failed' AND lock IS NOT NULL
            )
        LIMIT %(limit)s
        """,
        {"limit": limit, "queue": queue, "lock": lock},
    )
    return [row["id"] for row in await cursor.fetchall()]
