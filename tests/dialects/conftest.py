"""Workspaces and keys of every sort, and a look at what is stored, beside the running server."""

from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest

from mediatheque.model import Scope
from mediatheque.records.database import Database, DatabaseConfig
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.wire.remote_server import Origin
from tests.server import Serve


@pytest.fixture(scope="session")
def stored(server: Serve) -> Iterator[StoredData]:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        yield StoredData(connection, server.data / "blobs")


@pytest.fixture(scope="session")
def account(server: Serve, stored: StoredData) -> Account:
    """A workspace that the tests of this folder share; they count what changes."""
    return stored.account(server.new_key())


@pytest.fixture
def fresh(server: Serve, stored: StoredData) -> Account:
    """A workspace of this test alone."""
    return stored.account(server.new_key())


@pytest.fixture(scope="session")
def reader(server: Serve, stored: StoredData) -> Account:
    return stored.account(server.new_key(Scope.READ))


@pytest.fixture(scope="session")
def writer(server: Serve, stored: StoredData) -> Account:
    return stored.account(server.new_key(Scope.WRITE))


@pytest.fixture(scope="session")
def admin(server: Serve, stored: StoredData, account: Account) -> Account:
    """A key that may do everything, in the same workspace as `account`."""
    row = stored.database.execute("SELECT name FROM workspace WHERE id = %s", [account.workspace_id]).fetchone()
    assert row
    return stored.account(server.new_key(Scope.ADMIN, workspace=row[0]))


@pytest.fixture(scope="session")
def revoked(server: Serve, stored: StoredData) -> Account:
    """A key that was revoked before any process has seen it."""
    account = stored.account(server.new_key())
    stored.revoke(account)
    return account


@pytest.fixture
async def database(server: Serve) -> AsyncIterator[Database]:
    async with Database(DatabaseConfig(url=server.database_url, pool_min=1, pool_max=1)) as open_database:
        yield open_database


@pytest.fixture(scope="session")
def session_client(server: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as http:
        yield http


@pytest.fixture
def client(session_client: httpx.Client) -> httpx.Client:
    """One client for all: its connections are kept, as real clients keep them."""
    return session_client


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """A server on loopback that holds pictures, for registrations by URL."""
    with Origin() as running:
        yield running


@pytest.fixture(scope="session")
def strict(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server with every limit set low; it may read from `origin`. Five requests a key: take a new one each time."""
    settings = {
        "RATE_LIMIT": "5/day",
        "MAX_UPLOAD_BYTES": "100000",
        "REQUEST_BODY_IDLE_SECONDS": "2",
        "FETCH_HOSTS": f"127.0.0.1:{origin.port}, localhost:{origin.port}",
        "FETCH_NETWORKS": "127.0.0.0/8, ::1/128",
        "FETCH_MAX_BYTES": "50000",
        "FETCH_TIMEOUT_SECONDS": "2",
    }
    env = {f"MEDIATHEQUE_{name}": value for name, value in settings.items()}
    with Serve(tmp_path_factory.mktemp("strict") / "data", env=env) as running:
        yield running


@pytest.fixture(scope="session")
def strict_stored(strict: Serve) -> Iterator[StoredData]:
    with psycopg.connect(strict.database_url, autocommit=True) as connection:
        yield StoredData(connection, strict.data / "blobs")


@pytest.fixture(scope="session")
def strict_client(strict: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=strict.url, timeout=60) as http:
        yield http


@pytest.fixture
def limited(strict: Serve, strict_stored: StoredData) -> Account:
    """A fresh workspace on the strict server."""
    return strict_stored.account(strict.new_key())
