"""Rows about idempotency keys: claimed by one attempt at a time, concluded in the transaction of the work itself."""

from datetime import timedelta
from uuid import UUID

import msgspec

from mediatheque.records.database import Connection


class StoredReply(msgspec.Struct, frozen=True):
    """The stored answer of a request that succeeded, and the fingerprint of what it had been asked."""

    status: int
    body: bytes
    fingerprint: bytes


async def claim(
    conn: Connection,
    *,
    key_id: UUID,
    scope: str,
    key: str,
    attempt: UUID,
    lease: timedelta,
    lifetime: timedelta,
) -> bool:
    """Whether the key is ours now: new, out of date, or held by an attempt whose lease ran out."""
    cursor = await conn.execute(
        """
        INSERT INTO idempotency AS i (key_id, scope, key, attempt, lease_until)
        VALUES (%(key_id)s, %(scope)s, %(key)s, %(attempt)s, now() + %(lease)s)
        ON CONFLICT (key_id, scope, key) DO UPDATE
            SET attempt = excluded.attempt, lease_until = excluded.lease_until, created_at = now(),
                status = NULL, body = NULL, fingerprint = NULL
            WHERE (i.status IS NULL AND i.lease_until < now()) OR i.created_at < now() - %(lifetime)s
        """,
        {
            "key_id": key_id,
            "scope": scope,
            "key": key,
            "attempt": attempt,
            "lease": lease,
            "lifetime": lifetime,
        },
    )
    return cursor.rowcount == 1


async def find_reply(conn: Connection, *, key_id: UUID, scope: str, key: str) -> StoredReply | None:
    """The answer stored under the key, if its request has ended."""
    cursor = await conn.execute(
        """
        SELECT status, body, fingerprint FROM idempotency
        WHERE key_id = %s AND scope = %s AND key = %s AND status IS NOT NULL
        """,
        (key_id, scope, key),
    )
    row = await cursor.fetchone()
    return StoredReply(row["status"], row["body"], row["fingerprint"]) if row else None


async def renew(conn: Connection, attempt: UUID, lease: timedelta) -> None:
    """Go on holding the key."""
    await conn.execute(
        "UPDATE idempotency SET lease_until = now() + %s WHERE attempt = %s AND status IS NULL",
        (lease, attempt),
    )


async def store_reply(conn: Connection, attempt: UUID, answer: StoredReply) -> bool:
    """Store the answer; False if the key was lost to another attempt."""
    cursor = await conn.execute(
        "UPDATE idempotency SET status = %s, body = %s, fingerprint = %s WHERE attempt = %s AND status IS NULL",
        (answer.status, answer.body, answer.fingerprint, attempt),
    )
    return cursor.rowcount == 1


async def release(conn: Connection, attempt: UUID) -> None:
    """Give the key back unused."""
    await conn.execute("DELETE FROM idempotency WHERE attempt = %s AND status IS NULL", (attempt,))


async def sweep(conn: Connection, age: timedelta, limit: int) -> int:
    """Forget keys older than `age`; how many."""
    cursor = await conn.execute(
        """
        DELETE FROM idempotency WHERE (key_id, scope, key) IN (
            SELECT key_id, scope, key FROM idempotency WHERE created_at < now() - %s
            ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (age, limit),
    )
    return cursor.rowcount
