"""A server of its own for these tests: strict enough that every door has something to refuse."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import Serve

MIB = 1 << 20
SHARE = 60
"""Requests a key may make; far more than any one test needs."""

STRICT = {
    "MEDIATHEQUE_RATE_LIMIT": f"{SHARE}/day",
    "MEDIATHEQUE_MAX_UPLOAD_BYTES": str(MIB),
    "MEDIATHEQUE_REQUEST_BODY_IDLE_SECONDS": "5",
    "MEDIATHEQUE_REQUEST_DRAIN_SECONDS": "5",
    "MEDIATHEQUE_REQUEST_ACCESS_LOG": "false",
}


@pytest.fixture(scope="session")
def strict() -> Iterator[Serve]:
    with (
        tempfile.TemporaryDirectory(prefix="mediatheque-refusals-") as folder,
        Serve(Path(folder) / "data", env=STRICT) as running,
    ):
        yield running


@pytest.fixture
def fresh(strict: Serve) -> str:
    """A key with its whole share."""
    return strict.new_key()


@pytest.fixture(scope="session")
def spent(strict: Serve) -> str:
    """A key that has had its share."""
    key = strict.new_key()
    with httpx.Client(base_url=strict.url, headers={"x-api-key": key}) as http:
        statuses = [http.get("/assets/00000000-0000-0000-0000-000000000000").status_code for _ in range(SHARE + 1)]
    assert statuses == [404] * SHARE + [429]
    return key


@pytest.fixture(scope="session")
def big() -> Iterator[Path]:
    """64 MiB of zeros: no kind of media."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.png"
        with path.open("wb") as file:
            file.truncate(64 * MIB)
        yield path
