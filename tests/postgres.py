"""A real PostgreSQL for the tests: one cluster a test process, one fresh database a test, cloned from the template's.

tests/conftest.py takes these fixtures in.
"""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from tests.data_folder import Template


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of this test process's cluster, database `mediatheque` (empty)."""
    data = Template.copy(tmp_path_factory.mktemp("postgres") / "data")
    with EmbeddedPostgres(EmbeddedConfig(data=data, shared_buffers="64MB", maintenance_work_mem="64MB")) as url:
        with psycopg.connect(database(url, "postgres"), autocommit=True) as connection:
            connection.execute("ALTER DATABASE mediatheque RENAME TO migrated")
            connection.execute("CREATE DATABASE mediatheque")
        yield url


@pytest.fixture(scope="session")
def migrated(postgres: str) -> str:
    """Name of a database with the current schema, to clone."""
    return "migrated"


@pytest.fixture
def database_url(postgres: str, migrated: str) -> Iterator[str]:
    """URL of a fresh database with the current schema, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    _execute(postgres, create.format(sql.Identifier(name), sql.Identifier(migrated)))
    yield database(postgres, name)
    _execute(postgres, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def database(url: str, name: str) -> str:
    """The same cluster's URL for another database."""
    return url.replace("@/mediatheque?", f"@/{name}?")


def _execute(url: str, statement: sql.Composable) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
