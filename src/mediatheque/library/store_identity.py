"""The guard against a store that is not ours: the wrong folder or bucket, or a disk that is not mounted.

The first start writes the same id into the store, as its mark, and into the database. Later the two must be equal: a
store without the mark takes, deletes and lists nothing (`blobs/mark.py`), so that no upload is acknowledged into an
empty folder and nothing is taken for lost that lies on another disk.
"""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.blobs.mark import StoreMismatch
from mediatheque.errors import BlobsUnavailable, LibraryError, StorageFull
from mediatheque.records.accounts import audit
from mediatheque.records.database import Connection, Database
from mediatheque.records.storage import owners
from mediatheque.records.storage import store_identity as rows

_SAMPLE = 100
_NOBODY = UUID(int=0)
"""An id that no store has: expected until it is known whose the store is."""
_RETRY_SECONDS = 2.0
_log = structlog.get_logger()


class StoreIdentity:
    """Operations on the identity of the store: claim the store at the start, adopt one that an operator names."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store
        self._claiming: asyncio.Task[None] | None = None

    async def claim(self, *, may_move: bool = False) -> None:
        """Check that the store is that of the database. The first time, write the mark into it.

        With `may_move`, a database that names no bytes may take an empty store in place of its former one. The caller
        then knows that no server of the library runs on this machine.

        Raises `StoreMismatch`, with a sentence for the operator, when the store is or may be another one, and
        `BlobsUnavailable` when it cannot be read or written.
        """
        self._store.mark.expected = _NOBODY
        try:
            await self._claim(may_move=may_move)
        except StoreMismatch:
            raise
        except (BlobsUnavailable, StorageFull) as error:
            reason = error.__cause__.strerror if isinstance(error.__cause__, OSError) else error.message
            raise BlobsUnavailable(f"{self._store.location} cannot be used for blobs: {reason}") from error

    async def _claim(self, *, may_move: bool) -> None:
        async with self._database.transaction() as conn:
            await rows.insert(conn, uuid4())
        async with self._database.transaction() as conn:
            # Undone when the new store is refused: the former one would be another library's from then on.
            moved = may_move and await self._move(conn)
            ours = await rows.lock(conn)
            if not await self._has_mark(ours.id):
                await self._check_unmarked(conn, ours)
                await self._store.mark.write(ours.id)
            await rows.set_written(conn)
            self._store.mark.expected = ours.id
        if moved:
            _log.warning("blob_store_moved", store=self._store.location)
        await self._store.prepare()

    async def claim_at_start(self, *, may_move: bool = False, in_bucket: bool) -> None:
        """Claim the store before the process begins its work; see `claim`.

        A bucket that does not answer yet is claimed later, by `open`.
        """
        try:
            await self.claim(may_move=may_move)
        except StoreMismatch:
            raise
        except BlobsUnavailable as error:
            if not in_bucket:
                raise
            _log.warning("blob_store_not_claimed", reason=error.message)

    async def open(self) -> None:
        """Expect the mark that the database names; claim the store if no process has done so yet.

        What fails is tried again in the background: until then the store is not ours, and nothing is written to it.
        """
        async with self._database.connection() as conn:
            row = await rows.find(conn)
        if row and row.written:
            self._store.mark.expected = row.id
            return
        with suppress(BlobsUnavailable):
            await self.claim()
            return
        self._claiming = asyncio.create_task(self._claim_until_possible())

    async def close(self) -> None:
        """End the attempts to claim the store."""
        if self._claiming:
            self._claiming.cancel()
            await asyncio.wait([self._claiming])

    async def follow(self) -> None:
        """Expect what the database names now: another process may have changed it."""
        async with self._database.connection() as conn:
            row = await rows.find(conn)
        if row and row.written:
            self._store.mark.expected = row.id

    async def adopt(self, *, force: bool = False) -> str:
        """Make this store that of the database because an operator says so; return a sentence about it.

        Raises `StoreMismatch` unless `force` when the store has the mark of another library, or none of the blobs that
        were looked for.
        """
        async with self._database.transaction() as conn:
            await rows.insert(conn, uuid4())
        async with self._database.transaction() as conn:
            ours, theirs = await rows.lock(conn), await self._store.mark.read()
            if theirs not in (None, ours.id) and not force:
                raise StoreMismatch(f"{self._others(theirs, ours.id)} If it may be taken from that one, add --force.")
            wanted = await rows.sample_keys(conn, _SAMPLE)
            found = await self._count_present(wanted)
            if wanted and not found and not force:
                raise StoreMismatch(
                    f"{self._store.location} has none of {len(wanted)} blobs that were looked for. "
                    "If they are lost and this store shall be used from now on, add --force."
                )
            await self._store.mark.write(ours.id)
            await rows.set_written(conn)
            await audit.record(conn, "store.adopt")
        await self._store.prepare()
        return f"{self._store.location} is the store of this library: it has {found} of {len(wanted)} blobs looked for."

    async def _claim_until_possible(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                await self.claim()
            except LibraryError as error:
                _log.warning("blob_store_not_claimed", reason=error.message)
            else:
                return

    async def _move(self, conn: Connection) -> bool:
        """Expect a new mark if the former one is missing and nothing would be lost with the former store.

        It is not written again: the former store would then pass for this one when it is back.
        """
        row = await rows.lock(conn)
        moves = row.written and await self._store.mark.read() is None and not await rows.expects_bytes(conn)
        if moves:
            await rows.replace(conn, uuid4())
        return moves

    async def _has_mark(self, ours: UUID) -> bool:
        """Return False when the store has no mark. Raises `StoreMismatch` when it has another one."""
        found = await self._store.mark.read()
        if found not in (None, ours):
            raise StoreMismatch(
                f"{self._others(found, ours)} Correct the setting blobs.location (MEDIATHEQUE_BLOBS_LOCATION), or the "
                "database; to take this store all the same, run `mediatheque store adopt --force`."
            )
        return found is not None

    async def _check_unmarked(self, conn: Connection, ours: rows.StoreIdentityRow) -> None:
        """Raise `StoreMismatch` unless the store without a mark is that of the database, or is empty as well."""
        if ours.written:
            blobs = await rows.count_blobs(conn)
            raise StoreMismatch(
                f"{self._store.location} is not the store of this library, or its disk is not mounted: the file "
                f"library/id is missing there, and the database names {blobs} blobs. Mount the disk or correct "
                "MEDIATHEQUE_BLOBS_LOCATION; if the blobs were restored there without that file, run "
                "`mediatheque store adopt`."
            )
        wanted = await rows.sample_keys(conn, _SAMPLE)
        if wanted and not await self._count_present(wanted):
            raise StoreMismatch(
                f"{self._store.location} has none of {len(wanted)} blobs that the database names: is it the right "
                "store, and mounted? If the blobs are lost, run `mediatheque store adopt --force`."
            )
        if not wanted and await self._has_strangers(conn):
            raise StoreMismatch(
                f"{self._store.location} has blobs that this empty database does not know: name the database that they "
                "belong to, or another folder or bucket (MEDIATHEQUE_BLOBS_LOCATION); to use this one all the same, "
                "run `mediatheque store adopt`."
            )

    async def _count_present(self, keys: list[str]) -> int:
        """Count the keys whose bytes are in the store. Raises `BlobsUnavailable` when a lookup fails.

        A key whose folder is missing is absent, and one in a store without the expected mark unless it is found.
        """
        sizes = await asyncio.gather(*map(self._store.size, keys), return_exceptions=True)
        for size in sizes:
            has_failed = isinstance(size, BaseException) and size.__cause__ is not None
            if isinstance(size, BaseException) and (has_failed or not isinstance(size, BlobsUnavailable)):
                raise size
        return sum(isinstance(size, int) for size in sizes)

    async def _has_strangers(self, conn: Connection) -> bool:
        """Return whether the first blob of the store, if it has one, is unknown to the database."""
        self._store.mark.expected = None
        try:
            async for stored in self._store.list_objects(allow_missing=True):
                return bool(await owners.unknown_keys(conn, [stored.key]))
        except BlobsUnavailable:
            return False
        finally:
            self._store.mark.expected = _NOBODY
        return False

    def _others(self, theirs: UUID | None, ours: UUID) -> str:
        return f"{self._store.location} belongs to another library: its mark is {theirs}, this database's is {ours}."
