"""A data folder of the version before: `serve` and the commands open it, and everything in it is still there."""

import hashlib
import time
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from mediatheque.records import migrate
from mediatheque.records.embedded import EmbeddedPostgres
from tests import command_line
from tests.media.metadata import written
from tests.records.embedded import clusters
from tests.records.migrations.schema import migrate_to
from tests.server import Serve

CONTENT = written.png({"parameters": "a zebra\nSteps: 20"})
KEY = "ab" * 16
_SECRET = "secret"


class DataFolder:
    """A data folder with schema 0005 and rows in every table whose names 0006 changes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.workspace, self.key, self.blob, self.file, self.hidden = (uuid.uuid4() for _ in range(5))
        with EmbeddedPostgres(clusters.config(data)) as url:
            migrate_to(url, "0005")
            with psycopg.connect(url) as conn:
                self._fill(conn)
        stored = data / "blobs" / KEY[:2] / KEY
        stored.parent.mkdir(parents=True)
        stored.write_bytes(CONTENT)

    def _fill(self, conn: psycopg.Connection) -> None:
        access = {"default": "hide", "rules": []}
        keeping = Jsonb({"seconds": 3600, "access": access})
        conn.execute("INSERT INTO workspace (id, name, keeping) VALUES (%s, 'default', %s)", [self.workspace, keeping])
        conn.execute(
            "INSERT INTO api_key (id, workspace_id, secret_hash, scopes) VALUES (%s, %s, %s, '{read,write}')",
            [self.key, self.workspace, hashlib.sha256(_SECRET.encode()).digest()],
        )
        conn.execute(
            "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
            " VALUES (%s, %s, %s, %s, %s, 'image/png', 'image')",
            [self.blob, self.workspace, hashlib.sha256(CONTENT).digest(), len(CONTENT), KEY],
        )
        insert_file = "INSERT INTO file (id, workspace_id, blob_id, name, access) VALUES (%s, %s, %s, 'a.png', %s)"
        conn.execute(insert_file, [self.file, self.workspace, self.blob, None])
        conn.execute(insert_file, [self.hidden, self.workspace, self.blob, Jsonb(access)])
        conn.execute("INSERT INTO placement (storage_key, removing) VALUES (%s, true)", ["cd" * 16])
        upload = uuid.uuid4()
        conn.execute(
            "INSERT INTO upload (id, workspace_id, key_id, file_id, token_hash, name, expires_at, way, storage_key,"
            " handle, keeping) VALUES (%s, %s, %s, %s, sha256('t'), 'a.mp4', %s, 'parts', %s, 'h', %s)",
            [
                *(upload, self.workspace, self.key, uuid.uuid4()),
                *(datetime.now(UTC) + timedelta(days=1), "ef" * 16, keeping),
            ],
        )
        conn.execute(
            "INSERT INTO upload_part (upload_id, number, size, sha256, receipt) VALUES (%s, 1, 1, sha256('p'), 'r')",
            [upload],
        )
        job = conn.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
            " VALUES ('embed_asset', 'embed_asset', %s, 'failed', 6) RETURNING id",
            [Jsonb({"asset_id": uuid.uuid4().hex})],
        ).fetchone()
        assert job
        conn.execute(
            "INSERT INTO parked_task (job_id, task, arguments, reason) VALUES (%s, 'embed_asset', '{}', 'broken disk')",
            [job[0]],
        )


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def test_serve_opens_yesterdays_data_folder(folder: DataFolder) -> None:
    bearer = {"Authorization": f"Bearer mtq_{folder.key.hex}_{_SECRET}"}
    with Serve(folder.data) as server, httpx.Client(base_url=server.url, timeout=20) as http:
        assert http.get(f"/files/b/{folder.file}/a.png").content == CONTENT
        assert http.get(f"/files/b/{folder.hidden}/a.png").status_code == 404
        uploaded = http.post("/assets", headers=bearer, files={"file": ("b.png", CONTENT, "image/png")})
        assert uploaded.status_code < 300, uploaded.text
        with psycopg.connect(server.database_url) as conn:
            assert conn.execute("SELECT version_num FROM alembic_version").fetchone() == (migrate.newest(),)
            assert conn.execute("SELECT method, multipart_id FROM upload").fetchall() == [("multipart", "h")]
            assert conn.execute("SELECT count(*) FROM blob").fetchone() == (1,)
        assert "broken disk" in command_line.here("tasks", "list", "--data", folder.data).stdout
        checked = command_line.here("verify", "--data", folder.data)
        assert (checked.returncode, "nothing wrong" in checked.stdout) == (0, True), checked.stdout


def test_worker_reads_yesterdays_files(folder: DataFolder) -> None:
    with (
        Serve(folder.data, env={"MEDIATHEQUE_RUN_WORKER": "true"}) as server,
        psycopg.connect(server.database_url, autocommit=True) as conn,
    ):
        tasks = "SELECT id FROM procrastinate_jobs WHERE queue_name = 'read_blobs'"
        deadline = time.monotonic() + 60
        while conn.execute("SELECT id FROM blob WHERE crc32 IS NULL").fetchall() or conn.execute(tasks).fetchall():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert conn.execute("SELECT crc32 FROM blob").fetchall() == [(zlib.crc32(CONTENT),)]
        said = conn.execute("SELECT generation ->> 'prompt', words FROM embedded_metadata").fetchall()
        assert said == [("a zebra", "a zebra")]


def test_commands_open_yesterdays_data_folder_without_a_server(folder: DataFolder) -> None:
    listed = command_line.here("keys", "list", "--data", folder.data)
    assert listed.returncode == 0, listed.stderr
    assert folder.key.hex in listed.stdout
    assert "broken disk" in command_line.here("tasks", "list", "--data", folder.data).stdout
