"""The worker process beside the server: always there while the server is, never longer; its tasks survive it."""

import signal
import subprocess
from uuid import uuid4

import psycopg
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.server import PROGRAM, Serve


def test_a_worker_is_kept_beside_the_server_and_ends_with_it(own: Start) -> None:
    server = own(RUN_WORKER="true", SWEEP_SECONDS="1")
    expect_a_sweep(server)
    (first,) = processes.task_workers(server.data)
    processes.kill(process.pid for process in processes.postgres(server.data))
    eventually(lambda: answers(server))
    expect_a_sweep(server)
    assert processes.task_workers(server.data) == [first]
    processes.kill([first.pid])
    eventually(lambda: set(processes.task_workers(server.data)) - {first})
    expect_a_sweep(server)
    server.kill()
    eventually(lambda: not processes.family(server.data), said=f"left behind: {processes.family(server.data)}")
    server.start()
    eventually(lambda: processes.task_workers(server.data))
    assert server.stop() == 0
    assert not processes.family(server.data)
    assert "is killed" not in server.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_more_worker_on_the_same_library(server: Serve, number: signal.Signals) -> None:
    """The server has none of its own, and needs none."""
    command = [PROGRAM, "worker", "--data", server.data]
    env = {**server.env, "MEDIATHEQUE_SWEEP_SECONDS": "1"}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as worker:
        expect_a_sweep(server)
        worker.send_signal(number)
        _, said = worker.communicate(timeout=120)
    assert worker.returncode == 0
    assert "Traceback" not in said


def expect_a_sweep(server: Serve) -> None:
    """Housekeeping takes place: a placement that was given up is forgotten."""
    key = uuid4().hex
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO pending_write (storage_key, deleting) VALUES (%s, true)", [key])
        left = "SELECT FROM pending_write WHERE storage_key = %s"
        eventually(lambda: not connection.execute(left, [key]).fetchall())


def answers(server: Serve) -> bool:
    try:
        psycopg.connect(server.database_url).close()
    except (psycopg.OperationalError, AssertionError):
        return False
    return True
