"""The task worker that `serve` runs: restarted when killed, ended with the server; its tasks survive it."""

import signal
import subprocess
from uuid import uuid4

import psycopg
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.server import PROGRAM, Serve


def test_task_worker_is_restarted_and_ends_with_server(own_server: Start) -> None:
    server = own_server(RUN_WORKER="true", SWEEP_SECONDS="1")
    wait_for_garbage_collection(server)
    (first,) = processes.task_workers(server.data)
    processes.kill(process.pid for process in processes.postgres(server.data))
    eventually(lambda: accepts_connections(server))
    wait_for_garbage_collection(server)
    assert processes.task_workers(server.data) == [first]
    processes.kill([first.pid])
    eventually(lambda: set(processes.task_workers(server.data)) - {first})
    wait_for_garbage_collection(server)
    server.kill()
    eventually(
        lambda: not processes.server_processes(server.data),
        message=f"left behind: {processes.server_processes(server.data)}",
    )
    server.start()
    eventually(lambda: processes.task_workers(server.data))
    assert server.stop() == 0
    assert not processes.server_processes(server.data)
    assert "is killed" not in server.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_separate_task_worker_runs_tasks_and_ends_on_signal(server: Serve, number: signal.Signals) -> None:
    """The server itself runs no task worker."""
    command = [PROGRAM, "worker", "--data", server.data]
    env = {**server.env, "MEDIATHEQUE_SWEEP_SECONDS": "1"}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as worker:
        wait_for_garbage_collection(server)
        worker.send_signal(number)
        _, output = worker.communicate(timeout=120)
    assert worker.returncode == 0
    assert "Traceback" not in output


def wait_for_garbage_collection(server: Serve) -> None:
    """Wait until garbage collection deletes the row of a write that is marked for deletion."""
    key = uuid4().hex
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO pending_write (storage_key, deleting) VALUES (%s, true)", [key])
        left = "SELECT FROM pending_write WHERE storage_key = %s"
        eventually(lambda: not connection.execute(left, [key]).fetchall())


def accepts_connections(server: Serve) -> bool:
    try:
        psycopg.connect(server.database_url).close()
    except (psycopg.OperationalError, AssertionError):
        return False
    return True
