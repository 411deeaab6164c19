"""The task worker and all that it starts leave the processors to the server and PostgreSQL."""

import os
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests import samples
from tests.durability.conftest import Start
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.embedding import onnx_pair
from tests.media.sandbox import processes as sandbox
from tests.server import PROGRAM, Serve

LOWEST = {19}
NORMAL = {os.getpriority(os.PRIO_PROCESS, 0)}


def test_task_worker_of_serve_has_the_lowest_priority(own_server: Start, tmp_path: Path) -> None:
    (folder := tmp_path / "clip").mkdir()
    model = onnx_pair.clip_like(folder)
    server = own_server(RUN_WORKER="true", EMBEDDING_MODEL=f"onnx-clip:{model}")
    upload(server)
    eventually(lambda: processes.task_workers(server.data))
    (worker,) = processes.task_workers(server.data)
    eventually(lambda: sandbox.workers(worker.pid), message="the worker has decoded nothing")
    assert niceness(tree(worker.pid)) == LOWEST
    (answering,) = processes.workers(server.data)
    assert len(sandbox.workers(answering.pid)) == 2
    assert niceness(tree(answering.pid)) == NORMAL
    assert niceness(process.pid for process in processes.postgres(server.data)) == NORMAL
    assert server.process
    assert os.getpriority(os.PRIO_PROCESS, server.process.pid) in NORMAL
    assert "nice 0" in session(server.process.pid)
    assert "nice 10" in session(worker.pid)


def test_database_that_a_separate_worker_runs_has_normal_priority(own_server: Start) -> None:
    """No server runs that could have started it. The worker ends, although it is told to before it is ready."""
    server = own_server()
    server.stop()
    command = [PROGRAM, "worker", "--data", server.data]
    with subprocess.Popen(command, env=server.env, stderr=subprocess.DEVNULL) as worker:
        try:
            eventually(lambda: os.getpriority(os.PRIO_PROCESS, worker.pid) in LOWEST)
            database = [process.pid for process in processes.postgres(server.data)]
            assert database
            assert niceness(database) == NORMAL
            worker.terminate()
            worker.wait(60)
        finally:
            worker.kill()


def upload(server: Serve) -> None:
    answer = httpx.post(
        f"{server.url}/assets",
        files={"file": ("photo.png", samples.png(), "image/png")},
        headers={"Authorization": f"Bearer {server.new_key()}"},
        timeout=60,
    )
    assert answer.is_success, answer.text


def session(pid: int) -> str:
    """Return the group in which Linux schedules the session of the process, and its niceness."""
    file = Path(f"/proc/{pid}/autogroup")
    if not (file.exists() and file.read_text()):
        pytest.skip("this system divides the processors among processes alone")
    return file.read_text()


def tree(root: int) -> set[int]:
    """Return the process and its descendants."""
    return {root}.union(*map(tree, sandbox.children(root)))


def niceness(pids: Iterable[int]) -> set[int]:
    """Return the niceness of every thread of the processes."""
    values = set()
    for pid in pids:
        for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
            with suppress(OSError):  # the thread has ended
                values.add(int(stat.read_text().rpartition(")")[2].split()[16]))
    return values
