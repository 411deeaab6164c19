"""Idempotency keys that survive a crash.

A key is claimed with a lease that its request keeps renewing. The answer is stored in the transaction that does
the work, so the work is done exactly when its answer can be replayed. A request that dies lets its lease run out
and the key is free again; should it come back to life, it finds its claim gone and its transaction is rolled back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog

from mediatheque.errors import Conflict, InProgress, LibraryError
from mediatheque.records import idempotency as rows
from mediatheque.records.database import Connection, Database
from mediatheque.records.idempotency import StoredReply

_LEASE = timedelta(seconds=30)
_RENEWAL_SECONDS = 10.0
LIFETIME = timedelta(hours=24)

__all__ = ["Claim", "Idempotency", "StoredReply", "store_reply"]
_log = structlog.get_logger()


class Claim(msgspec.Struct, frozen=True):
    """The right to answer for a key: `render` gives the status and body that will be replayed.

    `render` takes whatever the work makes. `fingerprint` tells what was asked, where that is known before the bytes;
    else their hash does.
    """

    attempt: UUID
    render: Callable[[Any], tuple[int, bytes]]
    fingerprint: bytes | None = None


class Idempotency:
    """The verbs of idempotency keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, key_id: UUID, scope: str, key: str) -> UUID | StoredReply:
        """A new attempt at the key, or the answer that an earlier one left. `InProgress` while another runs."""
        attempt = uuid4()
        async with self._database.connection() as conn:
            claimed = await rows.claim(
                conn,
                key_id=key_id,
                scope=scope,
                key=key,
                attempt=attempt,
                lease=_LEASE,
                lifetime=LIFETIME,
            )
            if claimed:
                return attempt
            concluded = await rows.find_reply(conn, key_id=key_id, scope=scope, key=key)
        if concluded is None:
            raise InProgress
        return concluded

    @asynccontextmanager
    async def holding(self, attempt: UUID) -> AsyncIterator[None]:
        """Keep the attempt's lease renewed; on leaving, give back a key that was not concluded."""
        renewal = asyncio.create_task(self._keep_renewing(attempt))
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])
            with suppress(LibraryError):  # then the lease runs out by itself
                await self._release(attempt)

    async def _release(self, attempt: UUID) -> None:
        async with self._database.connection() as conn:
            await rows.release(conn, attempt)

    async def _keep_renewing(self, attempt: UUID) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            try:
                async with self._database.connection() as conn:
                    await rows.renew(conn, attempt, _LEASE)
            except LibraryError as error:
                _log.warning("idempotency lease not renewed", reason=error.message)


async def store_reply(conn: Connection, claim: Claim | None, result: object, content: bytes = b"") -> None:
    """Store the answer in the transaction of the work, if there is a receipt. `Conflict` if the key was lost meanwhile.

    `content` is the SHA-256 of the bytes that were sent, if any were.
    """
    if claim is None:
        return
    status, body = claim.render(result)
    if not await rows.store_reply(conn, claim.attempt, StoredReply(status, body, claim.fingerprint or content)):
        raise Conflict("This request took so long that its Idempotency-Key was given to another.")
