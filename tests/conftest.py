"""Fixtures for every test: a real server, a real database, real files."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.data_folder import Template
from tests.postgres import database_url, databases, migrated, postgres
from tests.seaweed import seaweed
from tests.server import Serve

__all__ = ["database_url", "databases", "migrated", "postgres", "seaweed"]


@pytest.fixture(scope="session", autouse=True)
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Where the data folder is that new servers get a copy of: one for all test processes."""
    base = tmp_path_factory.getbasetemp()
    Template.folder = (base if worker_id == "master" else base.parent) / "template"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """One running server for all tests of this process that do not need one of their own."""
    with Serve(tmp_path_factory.mktemp("server") / "data") as running:
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


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """One folder, one process: what a folder's tests share (a server, a cluster, a bucket) is started once."""
    return _FolderByFolder(config, log)


class _FolderByFolder(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "/".join(nodeid.partition("::")[0].split("/")[:2])
