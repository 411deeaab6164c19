"""New storage keys, each with a committed pending write: bytes may be written under them."""

import asyncio
import time
from collections import deque
from contextlib import suppress

from mediatheque.blobs import BlobStore, new_key
from mediatheque.errors import LibraryError
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes

_MAX_BATCH = 64
_GROWTH_SECONDS = 1.0
"""A batch that is used up within this time is followed by one of twice its size, any other by a single key."""
_MAX_AGE_SECONDS = 5.0
"""A key that was begun longer ago is not used."""


class StorageKeys:
    """Storage keys for the uploads of this process.

    Their pending writes are begun in batches, so that a busy server does not commit one for each upload. A key that a
    crash leaves unused is deleted by garbage collection like that of a write that failed.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store
        self._lock = asyncio.Lock()
        self._unused: deque[str] = deque()
        self._batch = 1
        self._begun_at = 0.0

    async def take(self) -> str:
        """Return a key that nobody else gets. Raises DatabaseUnavailable or StorageFull."""
        async with self._lock:
            if not self._unused or self._are_outdated():
                await self._begin()
            return self._unused.popleft()

    async def close(self) -> None:
        """End the pending writes of the unused keys."""
        async with self._lock:
            unused = list(self._unused)
            self._unused.clear()
            if unused:
                with suppress(LibraryError):  # garbage collection ends them
                    async with self._database.connection() as conn:
                        await pending_writes.begin(conn, [], instead_of=unused)

    def _are_outdated(self) -> bool:
        """Whether the database may not know the unused keys, or may expect another store than the one they are for.

        PostgreSQL that answers after a connection was lost may be a standby, which need not have the last commits.
        """
        is_old = time.monotonic() - self._begun_at > _MAX_AGE_SECONDS
        return is_old or self._database.availability.suspected_at >= self._begun_at

    async def _begin(self) -> None:
        now = time.monotonic()
        grows = not self._unused and now - self._begun_at < _GROWTH_SECONDS
        batch = min(2 * self._batch, _MAX_BATCH) if grows else 1
        keys = [new_key() for _ in range(batch)]
        async with self._database.connection() as conn:
            identity = await pending_writes.begin(conn, keys, instead_of=list(self._unused))
        self._store.mark.expected = identity or self._store.mark.expected
        self._unused, self._batch, self._begun_at = deque(keys), batch, now
