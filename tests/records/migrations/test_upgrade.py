"""A library of an older version, with things in it, brought to this one."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

from mediatheque.library.tasks import defer
from mediatheque.records import migrate
from mediatheque.records.database import Database, DatabaseConfig

TWINS = ("caf\u00e9", "cafe\u0301", "CAF\u00c9", "caf\u00e9 2")  # four in the eyes of the older version


def _bring_to(url: str, revision: str) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


@pytest.fixture
def older(postgres: str) -> Iterator[str]:
    """URL of a database with the schema before collections could do anything."""
    name = f"t_{uuid.uuid4().hex}"
    url = postgres.replace("@/mediatheque?", f"@/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        _bring_to(url, "0004")
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_tags_that_were_two_words_and_are_one_now(older: str) -> None:
    with psycopg.connect(older, autocommit=True) as conn:
        workspace = uuid.uuid4()
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for name in TWINS:
            conn.execute(
                "INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [uuid.uuid4(), workspace, name],
            )
        migrate.migrate(older)
        names = [row[0] for row in conn.execute("SELECT name FROM tag ORDER BY created_at, name")]
    assert len(names) == 3  # the third was the first one already then
    assert len({name.casefold() for name in names}) == 3
    assert TWINS[3] in names
    assert all(len(name) <= 50 for name in names)


async def test_assets_are_found_by_their_words_and_wait_to_be_embedded(older: str) -> None:
    workspace, blob, file, asset = (uuid.uuid4() for _ in range(4))
    with psycopg.connect(older, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        conn.execute(
            "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
            " VALUES (%s, %s, sha256('x'), 1, 'k', 'image/png', 'image')",
            [blob, workspace],
        )
        conn.execute(
            "INSERT INTO file (id, workspace_id, blob_id, name) VALUES (%s, %s, %s, 'walrus_7.png')",
            [file, workspace, blob],
        )
        conn.execute(
            "INSERT INTO asset (id, workspace_id, file_id, kind, title, source)"
            " VALUES (%s, %s, %s, 'image', 'Bears', 'upload')",
            [asset, workspace, file],
        )
        migrate.migrate(older)
        for word in ("bear", "bears", "walrus"):
            found = conn.execute("SELECT id FROM asset WHERE document @@ websearch_to_tsquery('english', %s)", [word])
            assert found.fetchall() == [(asset,)], word
    async with Database(DatabaseConfig(url=older, pool_min=1)) as database, database.transaction() as writing:
        await defer(writing, "embed_asset", asset_id=asset)
        jobs = await (
            await writing.execute("SELECT task_name, queue_name, priority, lock, args FROM procrastinate_jobs")
        ).fetchall()
    assert len(jobs) == 2
    assert jobs[0] == jobs[1]
