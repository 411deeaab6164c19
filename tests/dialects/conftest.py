"""Fixtures: workspaces and keys on the running server, and its stored data."""

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
    """A workspace shared by the tests of this folder; they compare counts."""
    return stored.account(server.new_key())


@pytest.fixture
def fresh(server: Serve, stored: StoredData) -> Account:
    """A workspace for this test only."""
    return stored.account(server.new_key())


@pytest.fixture(scope="session")
def reader(server: Serve, stored: StoredData) -> Account:
    return stored.account(server.new_key(Scope.READ))


@pytest.fixture(scope="session")
def writer(server: Serve, stored: StoredData) -> Account:
    return stored.account(server.new_key(Scope.WRITE))


@pytest.fixture(scope="session")
def admin(server: Serve, stored: StoredData, account: Account) -> Account:
    """An admin key in the workspace of `account`."""
    row = stored.database.execute("SELECT name FROM workspace WHERE id = %s", [account.workspace_id]).fetchone()
    assert row
    return stored.account(server.new_key(Scope.ADMIN, workspace=row[0]))


@pytest.fixture(scope="session")
def instance(server: Serve, stored: StoredData) -> Account:
    """A key for the workspaces themselves."""
    return stored.account(server.new_key(Scope.INSTANCE))


@pytest.fixture(scope="session")
def revoked(server: Serve, stored: StoredData) -> Account:
    """A key that was revoked before its first use."""
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
    """One client for all tests, with kept-alive connections."""
    return session_client


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """A remote server on loopback with images, for registrations by URL."""
    with Origin() as running:
        yield running


@pytest.fixture(scope="session")
def strict(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server with low limits that may fetch from `origin`. Five requests per key, so each test needs a new key."""
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
