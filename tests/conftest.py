"""Fixtures for every test: a real server, a real database, real files."""

import functools
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest
import structlog
from httpx._transports import default as transports
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.data_folder import Template
from tests.postgres import database_url, databases, migrated, postgres
from tests.seaweed import seaweed
from tests.server import Serve

__all__ = ["database_url", "databases", "migrated", "postgres", "seaweed"]

# Bytecode is kept whatever the environment says: without it each server that a test starts compiles the program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# An example that takes long on a busy machine is no fault.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Where the data folder is that new servers get a copy of, and their models: one for all test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    Template.folder, Template.models = shared / "template", shared / "models"


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """Public certificates are read once. httpx reads them for each client, also for HTTP, which takes 20 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transports, "create_ssl_context", functools.cache(transports.create_ssl_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """An error logged in this process is written as Python does. Structlog's drawing of it takes two seconds."""
    *processors, _ = structlog.get_config()["processors"]
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure([*processors, renderer])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """One running server for all tests of this process that do not need one of their own.

    On a slow machine its requests wait for a connection instead of getting a 503.
    """
    env = {"MEDIATHEQUE_DATABASE_POOL_TIMEOUT": "60"}
    with Serve(tmp_path_factory.mktemp("server") / "data", env=env) as running:
        yield running


@pytest.fixture
def key(server: Serve) -> str:
    """A key (read, write) of a workspace that nobody else uses."""
    return server.new_key()


@pytest.fixture
def client(server: Serve) -> Iterator[httpx.Client]:
    """A client of the running server, without a key."""
    with httpx.Client(base_url=server.url, timeout=30) as http:
        yield http


@pytest.fixture(scope="session")
def specs() -> Path:
    """The vendors' OpenAPI documents, as the first user handed them over."""
    return Path(__file__).parent / "specs"


_LONGEST = (
    "tests/test_reindex.py",
    "tests/durability",
    "tests/dialects/fal",
    "tests/acceptance",
    "tests/blobs",
    "tests/records",
    "tests/media",
    "tests/refusals",
    "tests/dialects/heygen_v3",
    "tests/library/search",
    "tests/embedding",
    "tests/clients",
    "tests/crashes",
)
"""Begun first: what is begun last should not take long, for then the other processes have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _LONGEST.index(group) if (group := _group(item.nodeid)) in _LONGEST else len(_LONGEST))


def pytest_collection_finish() -> None:
    """Ten thousand tests are no garbage: looked through each time, they take a fifth of a second."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """One group, one process: what its tests share (a server, a cluster, a bucket) is started once."""
    return _GroupByGroup(config, log)


class _GroupByGroup(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def _group(nodeid: str) -> str:
    """The folder below `tests`, or the file; of the two largest folders, a folder or file below them."""
    parts = nodeid.partition("::")[0].split("/")
    return "/".join(parts[: 3 if parts[1] in {"dialects", "library"} and len(parts) > 3 else 2])
