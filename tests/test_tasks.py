"""`mediatheque tasks`, beside a running server, and what /metrics says of the queue."""

from uuid import uuid4

import httpx
import psycopg
import pytest

from tests import command_line
from tests.server import Serve

_PUT = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, attempts)
    VALUES ('embed_asset', 'embed_asset', %s, jsonb_build_object('asset_id', %s::text), 'failed', 6) RETURNING id
"""
_INSERT_FAILED = "INSERT INTO failed_task (job_id, task, arguments, reason) VALUES (%s, 'embed_asset', '{}', %s)"


def run(server: Serve, *arguments: str) -> command_line.Ended:
    return command_line.here("tasks", *arguments, "--data", server.data)


@pytest.fixture
def two(server: Serve) -> list[tuple[int, str]]:
    """Two that were given up, by number and asset."""
    made = []
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
        for reason in ("a reason\nof two lines", "another"):
            asset = uuid4().hex
            row = connection.execute(_PUT, [asset, asset]).fetchone()
            assert row
            connection.execute(_INSERT_FAILED, [row[0], reason])
            made.append((row[0], asset))
    return made


def test_list_and_retry_failed_tasks(server: Serve, two: list[tuple[int, str]]) -> None:
    (first, asset), (second, _) = two
    said = command_line.process("tasks", "list", "--data", server.data)
    assert said.returncode == 0, said.stderr
    lines = [line.split("\t") for line in said.stdout.splitlines()]
    assert ["embed_asset", "parked", "2"] in lines
    (line,) = [line for line in lines if line[0] == str(first)]
    assert line[1:4] == ["embed_asset", f"asset_id {asset}", "6 tries"]
    assert line[5] == "a reason of two lines"
    assert 'mediatheque_queue_depth{state="parked",task="embed_asset"} 2.0' in httpx.get(f"{server.url}/metrics").text
    assert run(server, "retry", str(first)).stdout == "1 tasks are tried again.\n"
    assert run(server, "retry", "--all").stdout == "1 tasks are tried again.\n"
    lines = [line.split("\t") for line in run(server, "list").stdout.splitlines()]
    assert ["embed_asset", "waiting", "2"] in lines
    assert not [line for line in lines if line[0] in (str(first), str(second))]


def test_retry_of_an_unknown_task(server: Serve) -> None:
    said = run(server, "retry", "4711")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "mediatheque: There is no parked task 4711.\n"
    assert run(server, "retry").returncode == 2
    assert run(server, "retry", "1", "--all").returncode == 2
