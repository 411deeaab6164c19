"""A rate limit per API key."""

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from mediatheque.errors import RateLimited, Unavailable
from mediatheque.redaction import Discreet


class RateConfig(Discreet, frozen=True, kw_only=True):
    """The rate limit of one API key."""

    limit: str = ""
    """Requests per key, as `limits` writes it: `100/minute`; empty for no limit."""
    storage: str = "async+memory://"
    """Where the counts are stored: in each process, or shared by several servers in
    `async+redis://host:6379` (needs the package coredis; not covered by the tests)."""

    def __post_init__(self) -> None:
        if self.limit:
            _parse_limit(self.limit)


class RateLimiter:
    """A count of requests per key in a sliding window."""

    def __init__(self, config: RateConfig) -> None:
        self._limit = _parse_limit(config.limit) if config.limit else None
        storage = storage_from_string(config.storage, wrap_exceptions=True)
        if not isinstance(storage, Storage):
            raise TypeError(f"rate.storage: {config.storage} is not an asynchronous storage of the package limits")
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def hit(self, key: str) -> None:
        """Count one request of the key.

        Raises `RateLimited` when the limit is exceeded, and `Unavailable` when the storage does not answer.
        """
        if self._limit is None:
            return
        try:
            if await self._limiter.hit(self._limit, key):
                return
            window = await self._limiter.get_window_stats(self._limit, key)
        except StorageError as error:
            raise Unavailable("The rate limit cannot be checked.") from error
        raise RateLimited(max(1, math.ceil(window.reset_time - time.time())))


def _parse_limit(limit: str) -> RateLimitItem:
    try:
        return parse(limit)
    except ValueError:
        raise ValueError(f'limit: {limit!r} is not like "100/minute"') from None
