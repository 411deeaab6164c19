"""Garbage collection: bytes and rows that nothing refers to are deleted after a grace period."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import msgspec
import structlog

from mediatheque.blobs import BlobStore
from mediatheque.library.catalog.trash import TRASH_TIME
from mediatheque.library.idempotency import LIFETIME
from mediatheque.library.maintenance.expired_uploads import ExpiredUploads
from mediatheque.library.storage import delete_marked
from mediatheque.library.store_identity import StoreIdentity
from mediatheque.records import idempotency
from mediatheque.records.catalog import trash
from mediatheque.records.catalog.files import delete_expired
from mediatheque.records.database import Database
from mediatheque.records.locks import try_advisory_lock
from mediatheque.records.storage import blobs, pending_writes

_BATCH = 500
_log = structlog.get_logger()


class Collected(msgspec.Struct, frozen=True):
    """How many of each were deleted. `trashed` are assets whose time in the trash was over."""

    files: int = 0
    trashed: int = 0
    blobs: int = 0
    storage_keys: int = 0
    uploads: int = 0
    idempotency_keys: int = 0


class GarbageCollector:
    """Operations on garbage: delete what expired, failed or is not referenced.

    This is expired files, what has been in the trash for `trash_time`, unreferenced blobs, failed pending writes,
    expired uploads and old idempotency keys. Only bytes that this database has rows of are deleted, so that a store of
    another library loses nothing. `grace` must be longer than any request takes: a slower pending write fails.
    """

    def __init__(
        self,
        database: Database,
        store: BlobStore,
        grace: timedelta = timedelta(hours=24),
        trash_time: timedelta = TRASH_TIME,
    ) -> None:
        self._database = database
        self._store = store
        self._grace = grace
        self._trash_time = trash_time
        self._expired_uploads = ExpiredUploads(database, store)

    async def run(self) -> Collected:
        """Run one round, unless another process runs one now."""
        async with self._database.session() as conn, try_advisory_lock(conn, "sweep") as acquired:
            if not acquired:
                return Collected()
            return await self._round()

    async def _round(self) -> Collected:
        """Delete nothing, neither bytes nor rows, while the store is away or another one."""
        await StoreIdentity(self._database, self._store).follow()
        await self._store.ready()
        expired = await self._in_batches(delete_expired)
        trashed = await self._in_batches(partial(trash.purge_old, age=self._trash_time))
        unreferenced = await self._delete_unreferenced()
        await self._mark_stale_writes()
        collected = Collected(
            files=expired,
            trashed=trashed,
            blobs=unreferenced,
            storage_keys=await self._delete_marked(),
            uploads=await self._delete_uploads(),
            idempotency_keys=await self._delete_keys(),
        )
        if any(msgspec.structs.astuple(collected)):
            _log.info("garbage_collected", **msgspec.structs.asdict(collected))
        return collected

    async def _in_batches(self, delete: Callable[..., Awaitable[int]]) -> int:
        """Delete rows until fewer than a batch are left; each batch is a transaction. Return how many.

        Expired and trashed files are deleted at once, since no request sees them; their bytes have the grace period of
        all bytes.
        """
        total = 0
        while True:
            async with self._database.transaction() as conn:
                deleted = await delete(conn, limit=_BATCH)
            total += deleted
            if deleted < _BATCH:
                return total

    async def _delete_unreferenced(self) -> int:
        return await self._in_batches(partial(blobs.collect, grace=self._grace))

    async def _mark_stale_writes(self) -> None:
        async with self._database.connection() as conn:
            await pending_writes.mark_stale_for_deletion(conn, self._grace)

    async def _delete_marked(self) -> int:
        total = 0
        while True:
            async with self._database.connection() as conn:
                keys = await pending_writes.list_marked(conn, _BATCH)
            await delete_marked(self._database, self._store, keys)
            total += len(keys)
            if len(keys) < _BATCH:
                return total

    async def _delete_uploads(self) -> int:
        await self._expired_uploads.delete_bytes()
        return await self._expired_uploads.delete_rows(self._grace)

    async def _delete_keys(self) -> int:
        async with self._database.connection() as conn:
            return await idempotency.delete_old(conn, LIFETIME, _BATCH)
