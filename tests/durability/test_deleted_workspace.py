"""A workspace that is deleted while its worker is killed again and again leaves nothing; its neighbour is whole."""

import secrets
import time

import httpx
import psycopg

from tests import command_line, samples
from tests.durability.conftest import Start
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.server import Serve

ASSETS = 40


def test_deletion_outlives_its_workers(own_server: Start) -> None:
    server = own_server(RUN_WORKER="true", SWEEP_SECONDS="1")
    gone, kept = (_filled(server, name) for name in ("gone", "kept"))
    done = command_line.here("workspaces", "delete", "gone", "--yes", "--data", server.data)
    assert (done.returncode, done.stdout.rstrip("\n").split("\t")[1::2]) == (0, ["gone", "deleting"])
    for _ in range(4):
        time.sleep(0.2)
        processes.kill(worker.pid for worker in processes.task_workers(server.data))
    with psycopg.connect(server.database_url, autocommit=True) as database:
        left = "SELECT FROM workspace WHERE name = 'gone'"
        eventually(lambda: not database.execute(left).fetchall())
        marked = "SELECT FROM pending_write WHERE deleting"
        eventually(lambda: not database.execute(marked).fetchall())
    assert httpx.get(f"{server.url}/api/assets", headers=gone, timeout=60).status_code == 401
    assert len(httpx.get(f"{server.url}/api/assets", headers=kept, timeout=60).json()["items"]) == ASSETS
    server.stop()
    verified = command_line.here("verify", "--data", server.data)
    assert verified.returncode == 0, verified.stdout


def _filled(server: Serve, name: str) -> dict[str, str]:
    """Create a workspace with assets, and return the header with its key."""
    key = {"x-api-key": server.new_key(workspace=name)}
    with httpx.Client(base_url=server.url, headers=key, timeout=60) as client:
        for _ in range(ASSETS):
            content = samples.png() + secrets.token_bytes(8)
            client.post("/v3/assets", files={"file": ("a.png", content, "image/png")}).raise_for_status()
    return key
