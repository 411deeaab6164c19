"""Rows about idempotency keys: one request at a time has a key, and stores its reply in the transaction of its work."""

from datetime import timedelta
from uuid import UUID

from mediatheque.model import StoredReply
from mediatheque.records.database import Connection


async def claim(
    conn: Connection,
    *,
    workspace_id: UUID,
    key_id: UUID,
    operation: str,
    key: str,
    attempt: UUID,
    lease: timedelta,
    lifetime: timedelta,
) -> bool:
    """Claim the workspace's key for an attempt, if it is new, older than `lifetime`, or its holder's lease ran out.

    Return whether the attempt has the key.
    """
    cursor = await conn.execute(
        """
        INSERT INTO idempotency AS i (workspace_id, key_id, operation, key, attempt, lease_until)
        VALUES (%(workspace_id)s, %(key_id)s, %(operation)s, %(key)s, %(attempt)s, now() + %(lease)s)
        ON CONFLICT (workspace_id, operation, key) DO UPDATE
            SET attempt = excluded.attempt, lease_until = excluded.lease_until, created_at = now(),
                status = NULL, body = NULL, fingerprint = NULL
            WHERE (i.status IS NULL AND i.lease_until < now()) OR i.created_at < now() - %(lifetime)s
        """,
        {
            "workspace_id": workspace_id,
            "key_id": key_id,
            "operation": operation,
            "key": key,
            "attempt": attempt,
            "lease": lease,
            "lifetime": lifetime,
        },
    )
    return cursor.rowcount == 1


async def find_reply(conn: Connection, *, workspace_id: UUID, operation: str, key: str) -> StoredReply | None:
    """Return the reply stored under the key, None while its request runs."""
    cursor = await conn.execute(
        """
        SELECT status, body, fingerprint FROM idempotency
        WHERE workspace_id = %s AND operation = %s AND key = %s AND status IS NOT NULL
        """,
        (workspace_id, operation, key),
    )
    row = await cursor.fetchone()
    return StoredReply(**row) if row else None


async def renew(conn: Connection, attempt: UUID, lease: timedelta) -> None:
    """Extend the attempt's lease to `lease` from now."""
    await conn.execute(
        "UPDATE idempotency SET lease_until = now() + %s WHERE attempt = %s AND status IS NULL",
        (lease, attempt),
    )


async def store_reply(conn: Connection, attempt: UUID, reply: StoredReply) -> bool:
    """Store the reply. Return False if another attempt has claimed the key meanwhile."""
    cursor = await conn.execute(
        "UPDATE idempotency SET status = %s, body = %s, fingerprint = %s WHERE attempt = %s AND status IS NULL",
        (reply.status, reply.body, reply.fingerprint, attempt),
    )
    return cursor.rowcount == 1


async def release(conn: Connection, attempt: UUID) -> None:
    """Delete the attempt's claim if it has no reply, so that the key can be used again."""
    await conn.execute("DELETE FROM idempotency WHERE attempt = %s AND status IS NULL", (attempt,))


async def delete_old(conn: Connection, age: timedelta, limit: int) -> int:
    """Delete at most `limit` keys older than `age`, oldest first, and return how many."""
    cursor = await conn.execute(
        """
        DELETE FROM idempotency WHERE (workspace_id, operation, key) IN (
            SELECT workspace_id, operation, key FROM idempotency WHERE created_at < now() - %s
            ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (age, limit),
    )
    return cursor.rowcount
