"""Clients and servers for the tests that break things."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.durability.helpers import processes
from tests.server import Serve

Start = Callable[..., Serve]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """One for the tests of this folder alone: they look for disorder, and other folders' tests make some on purpose."""
    with Serve(tmp_path_factory.mktemp("durability") / "data", durable=True) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Start]:
    """Starts a server that belongs to the test. `own(data=None, workers=1, **settings)`: settings in upper case."""
    started: list[Serve] = []

    def start(data: Path | None = None, *, workers: int = 1, **settings: str) -> Serve:
        env = {f"MEDIATHEQUE_{name}": value for name, value in settings.items()}
        server = Serve(data or tmp_path / "data", env=env, arguments=("--workers", str(workers)), durable=True)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        with contextlib.suppress(AssertionError):
            server.stop()
        processes.kill(process.pid for process in processes.family(server.data))


@pytest.fixture
def connect() -> Iterator[Callable[[Serve], httpx.Client]]:
    """Makes clients of a server."""
    with contextlib.ExitStack() as clients:
        yield lambda server: clients.enter_context(httpx.Client(base_url=server.url, timeout=60))
