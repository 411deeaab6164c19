"""A real PostgreSQL for the tests: one cluster a test process, an empty database of its own for each test.

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


@pytest.fixture(scope="session")
def databases(postgres: str, migrated: str) -> "Databases":
    return Databases(postgres, migrated)


@pytest.fixture
def database_url(databases: "Databases") -> Iterator[str]:
    """URL of a database with the current schema and no rows, which no other test uses meanwhile."""
    name = databases.take()
    yield database(databases.url, name)
    databases.give_back(name)


def database(url: str, name: str) -> str:
    """The same cluster's URL for another database."""
    return url.replace("@/mediatheque?", f"@/{name}?")


def end_sessions(url: str) -> None:
    """End every other session of the database, and wait until they have ended."""
    with psycopg.connect(url) as connection:
        connection.execute(_END_OTHERS)


class Databases:
    """Empty databases. One is used again after a test that changed only rows: to clone it costs ten times as much.

    After a test that changed the schema (an index of vectors, a trigger) it is dropped, and so it is after a number of
    tests, for the rows that they deleted still take room.
    """

    _LONGEST_USE = 50

    def __init__(self, url: str, migrated: str) -> None:
        self.url = url
        self._migrated = migrated
        self._uses: dict[str, int] = {}
        self._free: list[str] = []
        self._schemas: dict[str, str] = {}
        with psycopg.connect(database(url, migrated)) as connection:
            row = connection.execute(_DELETIONS).fetchone()
        assert row
        self._deletions: str = row[0]

    def take(self) -> str:
        """The name of one, made if there is none."""
        if self._free:
            return self._free.pop()
        name = f"t_{uuid.uuid4().hex}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(self._migrated)))
        with psycopg.connect(database(self.url, name)) as connection:
            self._schemas[name] = _schema(connection)
        return name

    def give_back(self, name: str) -> None:
        """Empty the database, or drop it."""
        self._uses[name] = self._uses.get(name, 0) + 1
        with psycopg.connect(database(self.url, name)) as connection:
            connection.execute(_END_OTHERS)
            reusable = self._uses[name] < self._LONGEST_USE and _schema(connection) == self._schemas[name]
            if reusable:
                connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
                connection.execute(self._deletions.encode())
        if reusable:
            self._free.append(name)
        else:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _schema(connection: psycopg.Connection) -> str:
    """A digest of everything in the schema, which changes when any of it does."""
    row = connection.execute(_SCHEMA).fetchone()
    assert row
    return str(row[0])


_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_DELETIONS = """
    SELECT string_agg(format('DELETE FROM %I.%I', schemaname, tablename), '; ') FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'
"""
_SCHEMA = """
    SELECT md5(string_agg(version::text, ' ' ORDER BY version::text)) FROM (
        SELECT (oid, xmin) FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT (attrelid, attnum, xmin) FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT (oid, xmin) FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT (oid, xmin) FROM pg_trigger
        UNION ALL SELECT (oid, xmin) FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT (oid, xmin) FROM pg_namespace
        UNION ALL SELECT (version_num, xmin) FROM alembic_version
    ) AS everything (version)
"""
