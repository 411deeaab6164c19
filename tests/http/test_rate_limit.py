"""Rate limits in one process, and shared through a real Valkey."""

import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from mediatheque.errors import RateLimited, Unavailable
from mediatheque.http import rate_limit
from mediatheque.http.rate_config import RateConfig
from mediatheque.http.rate_limit import RateLimiter
from tests.valkey import Valkey

Open = Callable[[RateConfig], RateLimiter]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="valkey") as folder:  # a path short enough for a socket
        server = Valkey(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(autouse=True)
def asks_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
async def open_limiter() -> AsyncIterator[Open]:
    limiters: list[RateLimiter] = []

    def start(config: RateConfig) -> RateLimiter:
        limiters.append(RateLimiter(config))
        return limiters[-1]

    yield start
    for limiter in limiters:
        await limiter.close()


async def allowed(limiter: RateLimiter, requests: int = 10) -> int:
    """How many requests of one key are let through."""
    count = 0
    for _ in range(requests):
        with suppress(RateLimited):
            await limiter.hit("key")
            count += 1
    return count


async def test_limit_in_one_process() -> None:
    assert await allowed(RateLimiter(RateConfig(limit="3/hour"))) == 3


@pytest.mark.parametrize("prefix", ["", "async+"])
async def test_limit_is_shared_by_servers(valkey: Valkey, open_limiter: Open, prefix: str) -> None:
    config = RateConfig(limit="3/hour", storage=prefix + valkey.url, timeout=30)
    one, other = open_limiter(config), open_limiter(config)
    assert await allowed(one, 2) + await allowed(other, 2) + await allowed(one, 2) == 3


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
@pytest.mark.parametrize("when_away", ["count", "refuse"])
async def test_outage_of_the_storage(valkey: Valkey, open_limiter: Open, outage: str, when_away: str) -> None:
    limiter = open_limiter(RateConfig(limit="3/hour", storage=valkey.url, when_away=when_away, timeout=0.2))  # type: ignore[arg-type]
    await limiter.hit("another key")
    valkey.stop() if outage == "stopped" else valkey.send(signal.SIGSTOP)
    begun = time.monotonic()
    with structlog.testing.capture_logs() as logged:
        if when_away == "count":
            assert await allowed(limiter, 6) == 3
        else:
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await limiter.hit("key")
        assert time.monotonic() - begun < 30
        valkey.start() if outage == "stopped" else valkey.send(signal.SIGCONT)
        limiter._config = RateConfig(limit="3/hour", when_away="refuse", timeout=30)  # a slow machine is no outage
        assert await allowed(limiter) > 0
    assert [line["event"] for line in logged] == ["rate_storage_unavailable", "rate_storage_available"]


async def test_requests_do_not_wait_for_a_storage_that_just_failed(
    valkey: Valkey, open_limiter: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "_PAUSE_SECONDS", 600.0)
    limiter = open_limiter(RateConfig(limit="1000/hour", storage=valkey.url, timeout=0.5))
    valkey.send(signal.SIGSTOP)
    begun = time.monotonic()
    assert await allowed(limiter, 100) == 100
    assert time.monotonic() - begun < 25  # each would take 0.5 s


@pytest.mark.parametrize("storage", ["redis://user:secret@host:port", "nonsense://user:secret@host"])
def test_storage_that_can_never_work_is_refused_without_its_secret(storage: str) -> None:
    with pytest.raises(ValueError, match="storage") as refused:
        RateLimiter(RateConfig(limit="1/hour", storage=storage))
    assert "secret" not in str(refused.value)


def test_missing_client_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setattr(rate_limit, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install mediatheque\[redis\]"):
        RateLimiter(RateConfig(limit="1/hour", storage="redis://host:6379"))


async def test_limit_is_told_with_the_seconds_until_the_next_request() -> None:
    limiter = RateLimiter(RateConfig(limit="1/hour"))
    await limiter.hit("key")
    with pytest.raises(RateLimited) as refused:
        await limiter.hit("key")
    assert 1 <= refused.value.retry_after <= 3600


async def test_fields_tell_limit_and_rest() -> None:
    limiter = RateLimiter(RateConfig(limit="5/minute"))
    await limiter.hit("key")
    policy, rest = await limiter.fields("key")
    assert policy == (b"ratelimit-policy", b'"default";q=5;w=60')
    assert rest[0] == b"ratelimit"
    assert rest[1].startswith(b'"default";r=4;t=')
    assert await limiter.fields("key", reset=7) == (policy, (b"ratelimit", b'"default";r=0;t=7'))
    assert await RateLimiter(RateConfig()).fields("key") == ()


async def test_outage_leaves_out_what_is_left(valkey: Valkey, open_limiter: Open) -> None:
    limiter = open_limiter(RateConfig(limit="5/minute", storage=valkey.url))
    await limiter.hit("key")
    assert len(await limiter.fields("key")) == 2
    valkey.stop()
    assert await limiter.fields("key") == ((b"ratelimit-policy", b'"default";q=5;w=60'),)
    await limiter.hit("key")
    assert len(await limiter.fields("key")) == 2
