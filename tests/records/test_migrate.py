"""Migrations: one transaction, which waits for no other node without end, and says what an administrator must do."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from structlog.testing import capture_logs

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records import migrate, requirements
from mediatheque.records.connections.reasons import connection_failed
from mediatheque.records.database import DatabaseConfig
from mediatheque.records.migrations import lock
from tests.postgres import database
from tests.records.migrations.schema import migrate_to

LOCK = 0x4D545153


@contextmanager
def new_database(postgres: str, options: str = "") -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}".encode())
        yield database(postgres, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    with new_database(postgres) as url:
        yield url


@pytest.fixture
def role(postgres: str) -> Iterator[str]:
    """A role that may create nothing but what it is granted."""
    name = f"r_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        yield name
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


def of(role: str, url: str) -> str:
    return url.replace("//mediatheque@", f"//{role}@")


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def refusal(url: str, **options: float) -> str:
    with pytest.raises(DatabaseUnavailable) as refused:
        migrate.migrate(url, **options)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_lock_that_stays_is_named_and_not_waited_for_without_end(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as left_behind, capture_logs() as logs:
        left_behind.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        said = refusal(empty, patience=0.3)
        assert f"process {left_behind.info.backend_pid} of PostgreSQL" in said
        assert [line["event"] for line in logs] == ["database_migrating", "database_migration_waits"]
        assert str(left_behind.info.backend_pid) in logs[1]["by"]
    assert tables(empty) == set()


def test_a_lock_that_stays_holds_up_no_command_when_the_schema_is_current(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as left_behind:
        left_behind.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        begun = time.monotonic()
        migrate.migrate(database_url)
        assert time.monotonic() - begun < 10


def test_a_table_in_use_is_waited_for_in_short_turns(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_TABLE_SECONDS", 0.2)
    monkeypatch.setattr(migrate, "_PAUSE", 0.05)
    with new_database(postgres) as url:
        migrate_to(url, "0005")
        with psycopg.connect(url, application_name="report") as reader, capture_logs() as logs:
            reader.execute("SELECT FROM upload")
            said = refusal(url, patience=0.5)
            assert f"process {reader.info.backend_pid} of PostgreSQL (report at" in said
            assert "database_migration_waits" in [line["event"] for line in logs]
            reader.rollback()
            migrate.migrate(url)


def test_a_migration_that_fails_leaves_nothing_behind(empty: str) -> None:
    run(empty, "CREATE TABLE embedding (n int)")  # in the way of the third migration
    assert "nothing was changed" in refusal(empty)
    assert tables(empty) == {"embedding"}


def test_a_role_that_owns_its_database_alone_is_enough_where_the_extensions_are(postgres: str, role: str) -> None:
    with new_database(postgres, f"OWNER {role}") as url:
        assert refusal(of(role, url)).endswith("run in " + url.partition("@/")[2][:34] + ": CREATE EXTENSION vector;")
        assert tables(url) == set()
        run(url, "CREATE EXTENSION vector")
        migrate.migrate(of(role, url))
        migrate.migrate(of(role, url))
        assert "asset" in tables(url)


def test_every_missing_right_is_named_with_its_statement(postgres: str, role: str) -> None:
    with new_database(postgres) as url:
        said = refusal(of(role, url))
        needed = said.partition(": an administrator must run in ")[2].partition(": ")[2].rstrip(";").split("; ")
        assert needed == [
            f"GRANT CREATE ON SCHEMA public TO {role}",
            *(f"CREATE EXTENSION {name}" for name in ("pg_trgm", "btree_gin", "vector")),
        ]
        run(url, *needed)
        migrate.migrate(of(role, url))


def test_tables_of_another_program(empty: str) -> None:
    run(empty, "CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('00af3c')")
    assert "another program's" in refusal(empty)


def test_tables_of_another_role(database_url: str, role: str) -> None:
    said = refusal(of(role, database_url))
    grant = f"GRANT mediatheque TO {role}"
    assert said.endswith(f": {grant};")


def test_extensions_in_a_schema_that_is_not_searched(postgres: str, role: str) -> None:
    with new_database(postgres, f"OWNER {role}") as url:
        run(url, "CREATE SCHEMA extensions", "CREATE EXTENSION vector SCHEMA extensions")
        said = refusal(of(role, url))
        assert f'ALTER ROLE {role} SET search_path = "$user", public, extensions' in said


def test_an_encoding_that_cannot_store_every_text(postgres: str) -> None:
    with new_database(postgres, "TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'") as url:
        assert "ENCODING 'UTF8'" in refusal(url)


def test_an_old_server(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_OLDEST", 990000)
    assert "needs PostgreSQL 15 or later" in refusal(empty)


def test_an_extension_that_is_not_installed(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_EXTENSIONS", ("vector", "not_there"))
    said = refusal(empty)
    assert "CREATE EXTENSION not_there (install " in said
    assert tables(empty) == set()


def test_an_old_pgvector(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_OLDEST_VECTOR", (99, 0))
    assert "ALTER EXTENSION vector UPDATE" in refusal(empty)


def test_a_database_or_role_that_is_missing(postgres: str) -> None:
    assert 'CREATE DATABASE "missing"' in refusal(database(postgres, "missing"))
    assert 'CREATE ROLE "nobody_here"' in refusal(of("nobody_here", postgres))


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ('FATAL:  password authentication failed for user "x"', "password in MEDIATHEQUE_DATABASE_URL"),
        ("failed to resolve host 'x': [Errno -2] Name or service not known", "host in MEDIATHEQUE_DATABASE_URL"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ('FATAL:  permission denied for database "x"', 'GRANT CONNECT ON DATABASE "x"'),
        ("transaction blocks not allowed in statement pooling mode", "transaction or session mode"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', "pg_hba.conf"),
        ("FATALER FEHLER:  irgendetwas\n\tund mehr", "Is PostgreSQL running"),
    ],
)
def test_reasons_of_failed_connections(reason: str, advice: str) -> None:
    said = connection_failed(psycopg.OperationalError(reason))
    assert " ".join(reason.split()) in said
    assert advice in said


def test_a_server_that_accepts_and_says_nothing(postgres: str) -> None:
    """The time limit for the start ends the wait, with a line."""
    config = DatabaseConfig(url=postgres, start_timeout=0.001)
    with pytest.raises(DatabaseUnavailable, match="no answer in time"):
        migrate.bring_up_to_date(config)
