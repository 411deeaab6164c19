"""Kills at random moments of uploads, plain, direct and in parts: what was acknowledged is there, and all go on.

Each kill takes seconds, because everything is started again: `make crash` does a hundred, `make test` two.
"""

import contextlib
import hashlib
import os
import random
import subprocess
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.crashes.clients import PersistentClients
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.seaweed import Seaweed
from tests.server import PROGRAM, Serve

KILLS = int(os.environ.get("MEDIATHEQUE_TEST_KILLS", "2"))
QUOTA = "INSERT INTO workspace_quota (workspace_id, max_bytes) SELECT id, %s FROM workspace"
UNRECORDED = """
    SELECT count(*) FROM file f LEFT JOIN asset a ON a.file_id = f.id WHERE NOT EXISTS (
        SELECT FROM audit_log l
        WHERE l.target_id IN (a.id, f.id) AND l.action IN ('asset.create', 'file.create') AND l.key_id IS NOT NULL
    )
"""
"""What is stored and has no entry in the audit log."""
STUCK_UPLOADS = "SELECT count(*) FROM upload WHERE completed_at IS NULL AND failure IS NOT NULL"


@pytest.mark.sampled
@pytest.mark.timeout(3000)
def test_uploads_survive_kills_on_disk(tmp_path: Path) -> None:
    """With a quota, so that `verify` compares counters that were changed in both ways."""
    server = Serve(tmp_path / "data", env={"MEDIATHEQUE_RUN_WORKER": "false"}, durable=True)
    assert_survives_kills(server, kills=KILLS, quota=1 << 40)


@pytest.mark.sampled
@pytest.mark.timeout(900)
def test_uploads_survive_kills_with_bucket(tmp_path: Path, seaweed: Seaweed) -> None:
    env = {"MEDIATHEQUE_RUN_WORKER": "false", "MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    assert_survives_kills(Serve(tmp_path / "data", env=env, durable=True), kills=max(1, KILLS // 10))


def assert_survives_kills(server: Serve, kills: int, quota: int | None = None) -> None:
    server.start()
    try:
        if quota:
            with psycopg.connect(server.database_url) as database:
                database.execute(
                    "INSERT INTO workspace_quota (workspace_id, max_bytes) SELECT id, %s FROM workspace", [quota]
                )
        with PersistentClients(server, server.key) as clients:
            for _ in range(kills):
                kill_and_restart(server, clients)
        assert len(clients.acknowledged) > kills / 4, "too few uploads were completed"
        for file in clients.acknowledged:
            content = httpx.get(f"{server.url}{file.path}").content
            assert hashlib.sha256(content).hexdigest() == file.sha256, file.path
        with psycopg.connect(server.database_url) as database:
            assert database.execute(STUCK_UPLOADS).fetchone() == (0,)
            assert database.execute(UNRECORDED).fetchone() == (0,)
        report = subprocess.run(
            [PROGRAM, "verify", "--data", server.data], env=server.env, capture_output=True, text=True, check=False
        )
        assert report.returncode == 0, report.stdout + report.stderr
        assert server.stop() == 0
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        processes.kill(process.pid for process in processes.server_processes(server.data))


def kill_and_restart(server: Serve, clients: PersistentClients) -> None:
    """After a step since the last start was acknowledged, kill the server at a random moment and restart it."""
    before = clients.steps
    eventually(lambda: clients.steps > before or clients.faults, 120, "no step was acknowledged")
    assert not clients.faults, clients.faults
    time.sleep(random.uniform(0, 0.3))
    server.kill()
    eventually(lambda: not processes.server_processes(server.data), message="left behind")
    server.start()
