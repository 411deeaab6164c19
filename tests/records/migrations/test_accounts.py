"""Migration 0024: keys and workspaces of before stay what they were, and servers of before go on."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from mediatheque.records.migrate import migrate
from tests.records.migrations.test_upgrade import database_at

# As servers of before write them.
_WORKSPACE = "INSERT INTO workspace (id, name) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
_KEY = "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, %s, %s)"


@pytest.fixture
def before(postgres: str) -> Iterator[str]:
    """A database with a workspace and its admin key of the version before, which is migrated."""
    with database_at(postgres, "0023") as url:
        with psycopg.connect(url) as conn:
            workspace = uuid.uuid4()
            conn.execute(_WORKSPACE, (workspace, "old"))
            conn.execute(_KEY, (uuid.uuid4(), workspace, bytes(32), ["admin", "read", "write"]))
        migrate(url)
        yield url


def test_keys_have_neither_an_end_nor_the_instance(before: str) -> None:
    with psycopg.connect(before) as conn:
        rows = conn.execute("SELECT name, scopes, expires_at, previous_hash FROM api_key").fetchall()
    assert rows == [("", ["admin", "read", "write"], None, None)]


def test_names_are_taken_also_by_servers_of_before(before: str) -> None:
    with psycopg.connect(before, autocommit=True) as conn:
        conn.execute(_WORKSPACE, (uuid.uuid4(), "old"))
        conn.execute(_WORKSPACE, (uuid.uuid4(), "new"))
        conn.execute("UPDATE workspace SET name = 'renamed' WHERE name = 'new'")
        names = conn.execute("SELECT n.name, w.name FROM workspace_name n JOIN workspace w ON w.id = n.workspace_id")
        assert sorted(names.fetchall()) == [("new", "renamed"), ("old", "old"), ("renamed", "renamed")]
        with pytest.raises(psycopg.Error, match="name is that of another"):
            conn.execute(_WORKSPACE, (uuid.uuid4(), "new"))
