"""Upgrades of databases of older versions that contain rows."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from mediatheque.library.tasks import defer
from mediatheque.model import Acl, AclEffect, AclEntry, CollectionType, FileDefaults, UploadMethod
from mediatheque.records import migrate
from mediatheque.records.accounts import workspaces
from mediatheque.records.catalog import files
from mediatheque.records.collections import collections
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import parts, uploads
from tests.records.migrations.schema import migrate_to

EQUAL_NAMES = ("caf\u00e9", "cafe\u0301", "CAF\u00c9", "caf\u00e9 2")  # four in the eyes of the older version


@pytest.fixture
def older(postgres: str) -> Iterator[str]:
    """URL of a database with the schema before collections could do anything."""
    with database_at(postgres, "0004") as url:
        yield url


@pytest.fixture
def yesterday(postgres: str) -> Iterator[str]:
    """URL of a database with the schema before tables and columns were renamed."""
    with database_at(postgres, "0005") as url:
        yield url


@contextmanager
def database_at(postgres: str, revision: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    url = postgres.replace("@/mediatheque?", f"@/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        migrate_to(url, revision)
        yield url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_tags_equal_after_case_folding_are_merged(older: str) -> None:
    with psycopg.connect(older, autocommit=True) as conn:
        workspace = uuid.uuid4()
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for name in EQUAL_NAMES:
            conn.execute(
                "INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [uuid.uuid4(), workspace, name],
            )
        migrate.migrate(older)
        names = [row[0] for row in conn.execute("SELECT name FROM tag ORDER BY created_at, name")]
    assert len(names) == 3  # the third was the first one already then
    assert len({name.casefold() for name in names}) == 3
    assert EQUAL_NAMES[3] in names
    assert all(len(name) <= 50 for name in names)


async def test_assets_get_search_documents_and_embedding_tasks(older: str) -> None:
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


async def test_renamed_columns_keep_their_values(yesterday: str) -> None:
    workspace, key, blob, file, upload = (uuid.uuid4() for _ in range(5))
    access = {"default": "forbid", "rules": [{"user": "a", "decision": "allow"}, {"user": "b", "decision": "hide"}]}
    keeping = {"seconds": 60, "access": access}
    acl = Acl(AclEffect.FORBID, (AclEntry("a", AclEffect.ALLOW), AclEntry("b", AclEffect.HIDE)))
    defaults = FileDefaults(lifetime_seconds=60, acl=acl)
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name, keeping) VALUES (%s, 'w', %s)", [workspace, Jsonb(keeping)])
        conn.execute(
            "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, sha256('s'), '{read}')",
            [key, workspace],
        )
        conn.execute(
            "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind, doomed_at)"
            " VALUES (%s, %s, sha256('x'), 1, 'k', 'image/png', 'image', now() - interval '1 day')",
            [blob, workspace],
        )
        conn.execute(
            "INSERT INTO file (id, workspace_id, blob_id, name, access) VALUES (%s, %s, %s, 'a.png', %s)",
            [file, workspace, blob, Jsonb(access)],
        )
        conn.execute("INSERT INTO placement (storage_key, removing) VALUES ('going', true), ('coming', false)")
        conn.execute(
            "INSERT INTO upload (id, workspace_id, key_id, file_id, token_hash, name, expires_at, way, storage_key,"
            " handle, keeping) VALUES (%s, %s, %s, %s, sha256('t'), 'a.mp4', %s, 'parts', 'coming', 'h', %s)",
            [upload, workspace, key, uuid.uuid4(), datetime.now(UTC) + timedelta(days=1), Jsonb(keeping)],
        )
        conn.execute(
            "INSERT INTO upload_part (upload_id, number, size, sha256, receipt) VALUES (%s, 1, 1, sha256('p'), 'r')",
            [upload],
        )
        conn.execute("INSERT INTO parked_task (job_id, task, arguments, reason) VALUES (7, 'embed_asset', '{}', 'why')")
        migrate.migrate(yesterday)
    async with Database(DatabaseConfig(url=yesterday, pool_min=1)) as database, database.connection() as opened:
        assert await workspaces.file_defaults(opened, workspace) == defaults
        stored = await files.find(opened, workspace, file)
        assert stored is not None
        assert stored.acl == acl
        begun = await uploads.find(opened, upload)
        assert begun is not None
        assert (begun.method, begun.multipart_id, begun.defaults) == (UploadMethod.MULTIPART, "h", defaults)
        assert [part.etag for part in await parts.list_all(opened, upload)] == ["r"]
        assert await pending_writes.list_marked(opened, 10) == ["going"]
        rows = await opened.execute(
            "SELECT b.unreferenced_since < now() AS old, t.reason FROM blob b, failed_task t WHERE t.job_id = 7"
        )
        assert await rows.fetchall() == [{"old": True, "reason": "why"}]


def test_upload_without_a_method_becomes_single(yesterday: str) -> None:
    workspace, key = uuid.uuid4(), uuid.uuid4()
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        conn.execute(
            "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, sha256('s'), '{read}')",
            [key, workspace],
        )
        for way in ("whole", "direct"):
            conn.execute(
                "INSERT INTO upload (id, workspace_id, key_id, file_id, token_hash, name, expires_at, way)"
                " VALUES (gen_random_uuid(), %s, %s, gen_random_uuid(), sha256('t'), 'a.png', now(), %s)",
                [workspace, key, way],
            )
        migrate.migrate(yesterday)
        assert conn.execute("SELECT method FROM upload ORDER BY method").fetchall() == [("direct",), ("single",)]


def test_replies_belong_to_the_workspace(yesterday: str) -> None:
    workspace, key, other = (uuid.uuid4() for _ in range(3))
    claim = "INSERT INTO idempotency (key_id, scope, key, attempt, lease_until, status, created_at) VALUES "
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for id in (key, other):
            conn.execute(
                "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, sha256('s'), '{read}')",
                [id, workspace],
            )
        for id, name, status, age in (
            (key, "a", 200, 2),
            (other, "a", None, 1),
            (key, "b", 201, 2),
            (other, "b", 202, 1),
        ):
            conn.execute(
                claim + "(%s, 'POST /x', %s, gen_random_uuid(), now(), %s, now() - %s * interval '1 s')",
                [id, name, status, age],
            )
        migrate.migrate(yesterday)
        kept = conn.execute("SELECT key, status FROM idempotency WHERE workspace_id = %s ORDER BY key", [workspace])
        assert kept.fetchall() == [("a", 200), ("b", 202)], "a reply rather than a claim, and the later reply"
        conn.execute(
            claim.replace("scope", "operation") + "(%s, 'POST /x', 'c', gen_random_uuid(), now(), 200, now())", [key]
        )
        named = conn.execute("SELECT workspace_id FROM idempotency WHERE key = 'c'").fetchall()
        assert named == [(workspace,)], "a server of the version before does not name it"


def test_urls_get_their_normal_form(yesterday: str) -> None:
    workspace, blob, *ids = (uuid.uuid4() for _ in range(5))
    urls = ["https://h/a%20%281%29.png", "https://h/a%20(1).png", "https://h/a%20%28%31).png"]
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        conn.execute(
            "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
            " VALUES (%s, %s, sha256('x'), 1, 'k', 'image/png', 'image')",
            [blob, workspace],
        )
        conn.execute("INSERT INTO generation (workspace_id, request_id) VALUES (%s, 'r')", [workspace])
        for age, (id, url) in enumerate(zip(ids[:1] + ids[2:], urls[:1] + urls[2:], strict=True)):
            conn.execute(
                "INSERT INTO file (id, workspace_id, blob_id, name, origin_url, created_at)"
                " VALUES (%s, %s, %s, 'a.png', %s, now() + %s * interval '1 s')",
                [id, workspace, blob, url, age],
            )
            conn.execute(
                "INSERT INTO generation_input (workspace_id, request_id, url) VALUES (%s, 'r', %s)", [workspace, url]
            )
        migrate.migrate(yesterday)
        found = conn.execute("SELECT origin_url FROM file ORDER BY created_at").fetchall()
        assert found == [(urls[1],), (urls[2],)], "the oldest has the normal form, and its twin stays"
        assert conn.execute("SELECT url FROM generation_input ORDER BY position").fetchall() == found


async def test_smart_collections_get_the_ids_of_their_example_files(yesterday: str) -> None:
    workspace, smart, without, image, video = (uuid.uuid4() for _ in range(5))
    urls = [
        f"http://a.example/files/b/{image.hex}/a.png",
        f"https://a.example/media/files/b/{video.hex}/b.mp4?x=1",
        f"http://b.example/files/b/{image}/a.png",
    ]
    filters = {
        "or": [
            {"semantic": {"image_url": urls[0], "min_similarity": 0.5}},
            {"and": [{"semantic": {"image_url": urls[0], "min_similarity": 0.9}}]},
            {"semantic": {"video_url": urls[1], "min_similarity": 0.5}},
            {"semantic": {"image_url": f"http://a.example/files/b/{image.hex}0/a.png", "min_similarity": 0.5}},
            {"semantic": {"image_url": f"http://other.example/?/files/b/{image.hex}/a", "min_similarity": 0.5}},
            {"semantic": {"image_url": urls[2], "min_similarity": 0.5}},
            {"semantic": {"text": f"/files/b/{image.hex}/a.png", "min_similarity": 0.5}},
            {"field": "endpoint", "op": "in", "value": ["image_url", urls[0]]},
        ]
    }
    only_a_field = {"field": "type", "op": "eq", "value": "video"}
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for id, tree in ((smart, filters), (without, only_a_field)):
            conn.execute(
                "INSERT INTO collection (id, workspace_id, name, type, filters) VALUES (%s, %s, 'c', 'smart', %s)",
                [id, workspace, Jsonb(tree)],
            )
        migrate.migrate(yesterday)
    async with Database(DatabaseConfig(url=yesterday, pool_min=1)) as database, database.connection() as opened:
        found = await collections.find(opened, workspace, smart, (CollectionType.SMART,), max_count=0)
        assert found is not None
        assert found.filters == filters
        assert found.example_files == {urls[0]: image, urls[1]: video, urls[2]: image}
        other = await collections.find(opened, workspace, without, (CollectionType.SMART,), max_count=0)
        assert other is not None
        assert (other.filters, other.example_files) == (only_a_field, {})


def test_damage_that_the_search_knew_of_becomes_the_state_of_the_blob(postgres: str) -> None:
    failures = ("The picture is damaged and cannot be opened.", "The file is not there.", None)
    with database_at(postgres, "0010") as url, psycopg.connect(url, autocommit=True) as conn:
        workspace = uuid.uuid4()
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        conn.execute("INSERT INTO embedding_model (name, spec, dimensions, active) VALUES ('m', 'basic', 4, true)")
        for number, failure in enumerate(failures):
            blob, file, asset = (uuid.uuid4() for _ in range(3))
            conn.execute(
                "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
                " VALUES (%s, %s, %s, 1, %s, 'image/png', 'image')",
                [blob, workspace, bytes([number]) * 32, blob.hex],
            )
            conn.execute(
                "INSERT INTO file (id, workspace_id, blob_id, name) VALUES (%s, %s, %s, 'a.png')",
                [file, workspace, blob],
            )
            conn.execute(
                "INSERT INTO asset (id, workspace_id, file_id, kind, title, source)"
                " VALUES (%s, %s, %s, 'image', 'a', 'upload')",
                [asset, workspace, file],
            )
            conn.execute(
                "INSERT INTO embedding (asset_id, model_id, part, workspace_id, failure)"
                " SELECT %s, id, 'content', %s, %s FROM embedding_model",
                [asset, workspace, failure],
            )
        migrate.migrate(url)
        states = conn.execute("SELECT state, state_reason FROM blob ORDER BY sha256").fetchall()
        assert states == [("damaged", failures[0]), (None, None), (None, None)]


def test_what_is_stored_is_counted(yesterday: str) -> None:
    workspace, used, unused, file = (uuid.uuid4() for _ in range(4))
    with psycopg.connect(yesterday, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for id, size in ((used, 5), (unused, 7)):
            conn.execute(
                "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind, doomed_at)"
                " VALUES (%s, %s, sha256(%s), %s, %s, 'image/png', 'image', CASE WHEN %s = 7 THEN now() END)",
                [id, workspace, id.bytes, size, id.hex, size],
            )
        conn.execute(
            "INSERT INTO file (id, workspace_id, blob_id, name) VALUES (%s, %s, %s, 'a.png')", [file, workspace, used]
        )
        conn.execute(
            "INSERT INTO asset (id, workspace_id, file_id, kind, title, source)"
            " VALUES (%s, %s, %s, 'image', 'a', 'upload')",
            [uuid.uuid4(), workspace, file],
        )
        migrate.migrate(yesterday)
        counted = conn.execute("SELECT workspace_id, kind, bytes, assets FROM usage_total").fetchall()
        assert counted == [(workspace, "image", 5, 1)]
        since = conn.execute("SELECT day = (now() AT TIME ZONE 'UTC')::date FROM usage_day").fetchall()
        assert since == [(True,)], "before the upgrade, nothing is known"


def test_content_that_was_stored_twice_is_marked(postgres: str) -> None:
    workspace, once, twice = (uuid.uuid4() for _ in range(3))
    with database_at(postgres, "0021") as url, psycopg.connect(url, autocommit=True) as conn:
        conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", [workspace])
        for id in (once, twice):
            conn.execute(
                "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
                " VALUES (%s, %s, sha256(%s), 5, %s, 'image/png', 'image')",
                [id, workspace, id.bytes, id.hex],
            )
        for id in (once, twice, twice):
            conn.execute(
                "INSERT INTO file (id, workspace_id, blob_id, name) VALUES (%s, %s, %s, 'a.png')",
                [uuid.uuid4(), workspace, id],
            )
        migrate.migrate(url)
        assert conn.execute("SELECT id FROM blob WHERE reused").fetchall() == [(twice,)]
