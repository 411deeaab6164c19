"""Housekeeping: what nothing refers to any more is collected, never before a grace period has passed."""

from datetime import timedelta

import msgspec
import structlog

from mediatheque.blobs import BlobStore
from mediatheque.library.idempotency import LIFETIME
from mediatheque.library.maintenance.expired_uploads import ExpiredUploads
from mediatheque.library.storage import delete_marked
from mediatheque.records import idempotency
from mediatheque.records.catalog.files import delete_expired
from mediatheque.records.database import Database
from mediatheque.records.locks import try_advisory_lock
from mediatheque.records.storage import blobs, pending_writes

_BATCH = 500
_log = structlog.get_logger()


class Collected(msgspec.Struct, frozen=True):
    """How many of each were removed."""

    files: int = 0
    blobs: int = 0
    storage_keys: int = 0
    uploads: int = 0
    idempotency_keys: int = 0


class GarbageCollector:
    """Removes expired files, doomed blobs, placements that came to nothing, expired promises and old idempotency keys.

    It removes only bytes that this database has placed, so a store that belongs to another library loses nothing.
    `grace` must be longer than any request takes; a placement that is slower than that fails.
    """

    def __init__(self, database: Database, store: BlobStore, grace: timedelta = timedelta(hours=24)) -> None:
        self._database = database
        self._store = store
        self._grace = grace
        self._leftovers = ExpiredUploads(database, store)

    async def run(self) -> Collected:
        """One round, alone: while another process sweeps, this one does nothing."""
        async with self._database.connection() as conn, try_advisory_lock(conn, "sweep") as first:
            if not first:
                return Collected()
            return await self._round()

    async def _round(self) -> Collected:
        expired = await self._delete_expired()
        doomed = await self._mark_unreferenced()
        await self._mark_stale_writes()
        swept = Collected(
            files=expired,
            blobs=doomed,
            storage_keys=await self._remove_given_up(),
            uploads=await self._forget_uploads(),
            idempotency_keys=await self._forget_keys(),
        )
        if any(msgspec.structs.astuple(swept)):
            _log.info("swept", **msgspec.structs.asdict(swept))
        return swept

    async def _delete_expired(self) -> int:
        """Without a grace: nobody has seen them since they expired. Their bytes have theirs, as all bytes do."""
        total = 0
        while True:
            async with self._database.transaction() as conn:
                files = await delete_expired(conn, _BATCH)
            total += files
            if files < _BATCH:
                return total

    async def _mark_unreferenced(self) -> int:
        total = 0
        while True:
            async with self._database.transaction() as conn:
                keys = await blobs.collect(conn, self._grace, _BATCH)
                await pending_writes.mark_for_deletion(conn, keys)
            total += len(keys)
            if len(keys) < _BATCH:
                return total

    async def _mark_stale_writes(self) -> None:
        async with self._database.connection() as conn:
            await pending_writes.mark_stale_for_deletion(conn, self._grace)

    async def _remove_given_up(self) -> int:
        total = 0
        while True:
            async with self._database.connection() as conn:
                keys = await pending_writes.list_marked(conn, _BATCH)
            await delete_marked(self._database, self._store, keys)
            total += len(keys)
            if len(keys) < _BATCH:
                return total

    async def _forget_uploads(self) -> int:
        await self._leftovers.remove()
        return await self._leftovers.forget(self._grace)

    async def _forget_keys(self) -> int:
        async with self._database.connection() as conn:
            return await idempotency.delete_old(conn, LIFETIME, _BATCH)
