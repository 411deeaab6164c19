"""A server with limits low enough that every endpoint refuses something."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import Serve

MIB = 1 << 20
REQUESTS_PER_KEY = 60
"""The rate limit of each key; far more than any one test needs."""

STRICT = {
    "MEDIATHEQUE_RATE_LIMIT": f"{REQUESTS_PER_KEY}/day",
    "MEDIATHEQUE_MAX_UPLOAD_BYTES": str(MIB),
    "MEDIATHEQUE_REQUEST_BODY_IDLE_SECONDS": "5",
    "MEDIATHEQUE_REQUEST_DRAIN_SECONDS": "5",
    "MEDIATHEQUE_REQUEST_ACCESS_LOG": "false",
}


@pytest.fixture(scope="session")
def strict_server() -> Iterator[Serve]:
    with (
        tempfile.TemporaryDirectory(prefix="mediatheque-refusals-") as folder,
        Serve(Path(folder) / "data", env=STRICT) as running,
    ):
        yield running


@pytest.fixture
def fresh_key(strict_server: Serve) -> str:
    """A key that has made no request."""
    return strict_server.new_key()


@pytest.fixture(scope="session")
def exhausted_key(strict_server: Serve) -> str:
    """A key that has reached its rate limit."""
    key = strict_server.new_key()
    with httpx.Client(base_url=strict_server.url, headers={"x-api-key": key}) as http:
        statuses = [
            http.get("/assets/00000000-0000-0000-0000-000000000000").status_code for _ in range(REQUESTS_PER_KEY + 1)
        ]
    assert statuses == [404] * REQUESTS_PER_KEY + [429]
    return key


@pytest.fixture(scope="session")
def large_file() -> Iterator[Path]:
    """64 MiB of zeros, which is no media type."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.png"
        with path.open("wb") as file:
            file.truncate(64 * MIB)
        yield path
