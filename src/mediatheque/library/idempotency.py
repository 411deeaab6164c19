"""Idempotency keys that survive a crash.

A key is claimed with a lease that its request keeps renewing. The reply is stored in the transaction that does the
work, so the work is done exactly when its reply can be replayed. When a request dies, its lease runs out and the key is
free again. A request that resumes after that finds its claim gone, and its transaction is rolled back.
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
from mediatheque.model import Principal, StoredReply
from mediatheque.records import idempotency as rows
from mediatheque.records.database import Connection, Database

LIFETIME = timedelta(hours=24)
"""How long a reply is replayed."""

_LEASE = timedelta(seconds=30)
_RENEWAL_SECONDS = 10.0
_log = structlog.get_logger()


class Claim(msgspec.Struct, frozen=True):
    """A request's claim on an idempotency key.

    `render` turns the result of the work into the status and body that will be replayed. `fingerprint` is the SHA-256
    of what is requested; None for an upload, whose fingerprint is the SHA-256 of its bytes.
    """

    attempt: UUID
    render: Callable[[Any], tuple[int, bytes]]
    fingerprint: bytes | None = None


class Idempotency:
    """Claims on idempotency keys, and the replies stored under them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, principal: Principal, operation: str, key: str) -> UUID | StoredReply:
        """Claim the idempotency key of a workspace for an operation, and return the new attempt's id.

        Return the stored reply instead if an earlier request succeeded. Raises `InProgress` while another one runs.
        """
        attempt = uuid4()
        async with self._database.connection() as conn:
            claimed = await rows.claim(
                conn,
                workspace_id=principal.workspace_id,
                key_id=principal.key_id,
                operation=operation,
                key=key,
                attempt=attempt,
                lease=_LEASE,
                lifetime=LIFETIME,
            )
            if claimed:
                return attempt
            reply = await rows.find_reply(conn, workspace_id=principal.workspace_id, operation=operation, key=key)
        if reply is None:
            raise InProgress
        return reply

    @asynccontextmanager
    async def keep_lease(self, attempt: UUID) -> AsyncIterator[None]:
        """Renew the attempt's lease while the block runs. Afterwards release the key if no reply was stored."""
        renewal = asyncio.create_task(self._keep_renewing(attempt))
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])
            with suppress(LibraryError):  # the lease runs out by itself
                await self._release(attempt)

    async def conclude(self, claim: Claim | None, result: object, sha256: bytes) -> None:
        """Store the reply of work that was done in transactions of its own. Raises `Conflict` as `store_reply` does."""
        async with self._database.transaction() as conn:
            await store_reply(conn, claim, result, sha256)

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
                _log.warning("idempotency_lease_not_renewed", reason=error.message)


async def store_reply(conn: Connection, claim: Claim | None, result: object, sha256: bytes = b"") -> None:
    """Render and store the reply in the transaction of the work, if the request has a claim.

    `sha256` is that of uploaded bytes. Raises `Conflict` if another request has claimed the key meanwhile.
    """
    if claim is None:
        return
    status, body = claim.render(result)
    if not await rows.store_reply(conn, claim.attempt, StoredReply(status, body, claim.fingerprint or sha256)):
        raise Conflict("This request took so long that its Idempotency-Key was given to another.")
