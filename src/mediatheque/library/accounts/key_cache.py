"""The keys that were used lately: each is looked up at most every two seconds."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from cachetools import TTLCache

from mediatheque.errors import StorageFull
from mediatheque.model import Key
from mediatheque.records.accounts import keys as rows
from mediatheque.records.database import Database

CACHE_SECONDS = 2.0
"""How long a process that has just used a key may still accept it after it was revoked."""
_RECORD_USE_EVERY = timedelta(minutes=1)
_MAX_KEYS = 10_000


class KeyCache:
    """The keys of this process's requests, revoked ones as well."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: TTLCache[UUID, Key] = TTLCache(maxsize=_MAX_KEYS, ttl=CACHE_SECONDS)
        self._recorded: TTLCache[UUID, bool] = TTLCache(maxsize=_MAX_KEYS, ttl=_RECORD_USE_EVERY.total_seconds())

    async def find(self, id: UUID) -> Key | None:
        """Return the key as it was at most two seconds ago."""
        key = self._cached.get(id)
        if key is None:
            key = await self._database.repeat_after_outage(partial(self._find, id))
            if key:
                self._cached[id] = key
        return key

    async def record_use(self, key: Key) -> None:
        """Record that the key was used now, at most once a minute."""
        was_recorded = key.last_used_at and datetime.now(UTC) - key.last_used_at < _RECORD_USE_EVERY
        if was_recorded or key.id in self._recorded:
            return
        with suppress(StorageFull):  # a full disk must not keep clients from reading
            await self._database.repeat_after_outage(partial(self._touch, key.id))
        self._recorded[key.id] = True

    async def _find(self, id: UUID) -> Key | None:
        async with self._database.connection() as conn:
            return await rows.find_key(conn, id)

    async def _touch(self, id: UUID) -> None:
        async with self._database.connection() as conn:
            await rows.touch_key(conn, id)
