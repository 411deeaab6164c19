"""Kills at random moments of uploads in parts and direct ones: what was acknowledged is there, and all go on.

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

from tests.crashes.persistent import Persistent
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.seaweed import Seaweed
from tests.server import PROGRAM, Serve

KILLS = int(os.environ.get("MEDIATHEQUE_TEST_KILLS", "2"))
OPEN = "SELECT count(*) FROM upload WHERE completed_at IS NULL AND failure IS NOT NULL"


@pytest.mark.sampled
@pytest.mark.timeout(3000)
def test_kills_on_disk(tmp_path: Path) -> None:
    survives(Serve(tmp_path / "data", env={"MEDIATHEQUE_RUN_WORKER": "false"}, durable=True), kills=KILLS)


@pytest.mark.sampled
@pytest.mark.timeout(900)
def test_kills_over_a_bucket(tmp_path: Path, seaweed: Seaweed) -> None:
    env = {"MEDIATHEQUE_RUN_WORKER": "false", "MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    survives(Serve(tmp_path / "data", env=env, durable=True), kills=max(1, KILLS // 10))


def survives(server: Serve, kills: int) -> None:
    server.start()
    try:
        with Persistent(server, server.key) as persistent:
            for _ in range(kills):
                killed_amid(server, persistent)
        assert len(persistent.kept) > kills / 4, "the uploads hardly went on"
        for kept in persistent.kept:
            content = httpx.get(f"{server.url}{kept.path}").content
            assert hashlib.sha256(content).hexdigest() == kept.sha256, kept.path
        with psycopg.connect(server.database_url) as database:
            assert database.execute(OPEN).fetchone() == (0,)
        report = subprocess.run(
            [PROGRAM, "verify", "--data", server.data], env=server.env, capture_output=True, text=True, check=False
        )
        assert report.returncode == 0, report.stdout + report.stderr
        assert server.stop() == 0
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        processes.kill(process.pid for process in processes.family(server.data))


def killed_amid(server: Serve, persistent: Persistent) -> None:
    """Once something has gone on since the last start, the server is killed at any moment, and started again."""
    before = persistent.steps
    eventually(lambda: persistent.steps > before or persistent.faults, 120, "nothing goes on")
    assert not persistent.faults, persistent.faults
    time.sleep(random.uniform(0, 0.3))
    server.kill()
    eventually(lambda: not processes.family(server.data), said="left behind")
    server.start()
