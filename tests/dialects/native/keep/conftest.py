"""A server with a worker, whose providers are played."""

from collections.abc import Iterator

import httpx
import pytest

from tests.dialects.native.keep.client import Client
from tests.providers.vendors import Vendors
from tests.server import Serve


@pytest.fixture(scope="package")
def vendors() -> Iterator[Vendors]:
    with Vendors() as running:
        yield running


@pytest.fixture(scope="package")
def keeper(vendors: Vendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    settings = {**vendors.settings, "RUN_WORKER": "true"}
    env = {f"MEDIATHEQUE_{name}": value for name, value in settings.items()}
    with Serve(tmp_path_factory.mktemp("keeper") / "data", env=env) as running:
        yield running


@pytest.fixture
def client_of_keeper(keeper: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=keeper.url, timeout=30) as http:
        yield http


@pytest.fixture
def mine(keeper: Serve, client_of_keeper: httpx.Client) -> Client:
    """A workspace that nobody else uses, with an admin key."""
    return Client.new(keeper, client_of_keeper)


@pytest.fixture
def theirs(keeper: Serve, client_of_keeper: httpx.Client) -> Client:
    """Another one."""
    return Client.new(keeper, client_of_keeper)
