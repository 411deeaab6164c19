"""Servers and clients for tests of durability."""

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
    """A server for this folder alone: its tests run `verify`, and other folders' tests damage libraries on purpose."""
    with Serve(tmp_path_factory.mktemp("durability") / "data", durable=True) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Start]:
    """Start a server for this test: `own_server(data=None, workers=1, **settings)`; settings are in upper case."""
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
        processes.kill(process.pid for process in processes.server_processes(server.data))


@pytest.fixture
def connect() -> Iterator[Callable[[Serve], httpx.Client]]:
    """Create HTTP clients of a server."""
    with contextlib.ExitStack() as clients:
        yield lambda server: clients.enter_context(httpx.Client(base_url=server.url, timeout=60))
