"""A rate limit per API key, and how answers tell of it (draft-ietf-httpapi-ratelimit-headers-10)."""

import asyncio
import math
import time
from importlib.util import find_spec

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from mediatheque.errors import RateLimited, Unavailable
from mediatheque.http.asgi import RawHeaders
from mediatheque.http.rate_config import RateConfig, parse_limit
from mediatheque.redaction import hide

_REDIS_SCHEMES = ("redis", "rediss", "redis+unix")
_PAUSE_SECONDS = 1.0
"""Seconds for which a storage that failed is not asked again: no request waits for it meanwhile, but for one."""
_log = structlog.get_logger()


class RateLimiter:
    """A count of requests per key in a sliding window.

    Raises ValueError or TypeError when the storage can never work.
    """

    def __init__(self, config: RateConfig) -> None:
        self._config = config
        self._limit = parse_limit(config.limit) if config.limit else None
        self._storage = _open_storage(config)
        is_local = isinstance(self._storage, MemoryStorage)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._local = self._limiter if is_local else SlidingWindowCounterRateLimiter(MemoryStorage())
        self._is_away = False
        self._ask_again_at = 0.0

    async def close(self) -> None:
        """Close the connections to a shared storage."""
        if isinstance(self._storage, RedisStorage):
            await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined]  # that of redis-py has it

    async def hit(self, key: str) -> None:
        """Count one request of the key.

        Raises `RateLimited` when the limit is exceeded, and `Unavailable` when the storage does not answer and requests
        are refused then.
        """
        if self._limit is None:
            return
        seconds = await self._count(self._limit, key)
        if seconds is not None:
            raise RateLimited(max(1, math.ceil(seconds)))

    async def fields(self, key: str, *, reset: int | None = None) -> RawHeaders:
        """Return the header fields that tell the limit and what is left of it; none without a limit.

        `reset` is given when nothing is left: the seconds until a request is allowed. Without it the storage is asked;
        if it does not answer, only the limit is told.
        """
        if self._limit is None:
            return ()
        policy = b'"default";q=%d;w=%d' % (self._limit.amount, self._limit.get_expiry())
        left = (0, reset) if reset is not None else await self._left(self._limit, key)
        fields: RawHeaders = ((b"ratelimit-policy", policy),)
        return fields if left is None else (*fields, (b"ratelimit", b'"default";r=%d;t=%d' % left))

    async def _left(self, limit: RateLimitItem, key: str) -> tuple[int, int] | None:
        """Return how many requests are left, and the seconds until the window is over."""
        limiter = self._local if self._is_away else self._limiter
        try:
            async with asyncio.timeout(self._config.timeout):
                window = await limiter.get_window_stats(limit, key)
        except (StorageError, OSError, RuntimeError):
            return None
        return window.remaining, max(0, math.ceil(window.reset_time - time.time()))

    async def _count(self, limit: RateLimitItem, key: str) -> float | None:
        """Count the request where that is possible now."""
        if self._local is self._limiter:
            return await _hit(self._local, limit, key)
        if not self._is_away or time.monotonic() >= self._ask_again_at:
            self._ask_again_at = time.monotonic() + _PAUSE_SECONDS
            try:
                async with asyncio.timeout(self._config.timeout):
                    seconds = await _hit(self._limiter, limit, key)
            except (StorageError, OSError, RuntimeError) as error:
                self._note_failure(error)
            else:
                self._note_success()
                return seconds
        if self._config.when_away == "refuse":
            raise Unavailable("The rate limit cannot be checked.")
        return await _hit(self._local, limit, key)

    def _note_failure(self, error: Exception) -> None:
        self._ask_again_at = time.monotonic() + _PAUSE_SECONDS
        if not self._is_away:
            reason = str(error.__cause__ or error) or "no answer in time"
            _log.warning("rate_storage_unavailable", reason=reason, requests=self._config.when_away)
        self._is_away = True

    def _note_success(self) -> None:
        if self._is_away:
            _log.info("rate_storage_available")
        self._is_away = False


async def _hit(limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, key: str) -> float | None:
    """Count the request. Return the seconds until another one is allowed when the limit is exceeded, else None."""
    if await limiter.hit(limit, key):
        return None
    window = await limiter.get_window_stats(limit, key)
    return window.reset_time - time.time()


def _open_storage(config: RateConfig) -> Storage:
    """Make the storage without connecting to it.

    Redis and Valkey are spoken to by the package redis. coredis, the default of `limits`, needs a pool that is entered,
    which `limits` does not do: every request fails since coredis 6.
    """
    location, scheme = config.storage, config.storage.partition("://")[0].removeprefix("async+")
    options: dict[str, str | float] = {}
    if shared := scheme.startswith(("redis", "valkey")):
        scheme = scheme.replace("valkey", "redis")
        location = f"async+{scheme}://{location.partition('://')[2]}"
        options = {"implementation": "redispy"}
        if scheme in _REDIS_SCHEMES:
            options |= {"socket_timeout": config.timeout, "socket_connect_timeout": config.timeout}
    try:
        storage = storage_from_string(location, wrap_exceptions=True, **options)
    except (ValueError, ConfigurationError) as error:
        if shared and find_spec("redis") is None:
            raise ValueError("Redis and Valkey need the package redis: pip install mediatheque[redis]") from None
        raise ValueError(hide(str(error))) from None
    if not isinstance(storage, Storage):
        raise TypeError(f"{scheme}:// is not an asynchronous storage of the package limits")
    return storage
