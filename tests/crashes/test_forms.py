"""Kills at random moments of a form with files: sent again with its key, it ends with one asset for each file.

`make crash` does a hundred kills, `make test` two.
"""

import contextlib
import random
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.crashes.clients import MAX_RETRY_SECONDS
from tests.crashes.test_uploads import KILLS
from tests.durability.helpers import processes
from tests.durability.helpers.endpoints import new_jpeg
from tests.durability.helpers.processes import eventually
from tests.server import PROGRAM, Serve

FILES = 12
_RETRYABLE = frozenset({409, 500, 502, 503, 504})


class Sender:
    """A client that sends one form until it is answered."""

    def __init__(self, server: Serve, number: int) -> None:
        self.answer: dict[str, Any] = {}
        self.faults: list[BaseException] = []
        self._server, self._number = server, number
        self._files = [("file", (f"{index}.jpg", new_jpeg(60_000))) for index in range(FILES)]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(MAX_RETRY_SECONDS)
        assert not self._thread.is_alive(), "the form is stuck"
        assert not self.faults, self.faults

    def _run(self) -> None:
        try:
            self._send()
        except BaseException as error:  # reported by the waiting thread
            self.faults.append(error)
            raise

    def _send(self) -> None:
        headers = {"authorization": f"Bearer {self._server.key}", "idempotency-key": f"form-{self._number}"}
        deadline, seen = time.monotonic() + MAX_RETRY_SECONDS, Counter[str]()
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                response = httpx.post(
                    f"{self._server.url}/api/assets/upload", files=self._files, headers=headers, timeout=60
                )
                seen[f"{response.status_code} {response.text[:200]}"] += 1
                if response.is_success:
                    items = response.json()["items"]
                    if all("asset" in item for item in items):
                        self.answer = response.json()
                        return
                    assert all(item["problem"]["status"] in _RETRYABLE for item in items if "problem" in item), items
                else:
                    assert response.status_code in _RETRYABLE, response.text
            time.sleep(0.1)
        raise AssertionError("the form was not answered", seen)


@pytest.mark.sampled
@pytest.mark.timeout(3000)
def test_forms_survive_kills(tmp_path: Path) -> None:
    server = Serve(tmp_path / "data", env={"MEDIATHEQUE_RUN_WORKER": "false"}, durable=True)
    server.start()
    try:
        for number in range(KILLS):
            _kill_during_a_form(server, number)
        report = subprocess.run(
            [PROGRAM, "verify", "--data", server.data], env=server.env, capture_output=True, text=True, check=False
        )
        assert report.returncode == 0, report.stdout + report.stderr
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        processes.kill(process.pid for process in processes.server_processes(server.data))


def _kill_during_a_form(server: Serve, number: int) -> None:
    """Kill the server after a random number of the files became assets."""
    before, wanted = _assets(server), random.randrange(FILES - 1)
    sender = Sender(server, number)
    sender.start()
    eventually(lambda: _assets(server) >= before + wanted or sender.answer or sender.faults, 60, "no file was stored")
    time.sleep(random.uniform(0, 0.02))
    server.kill()
    eventually(lambda: not processes.server_processes(server.data), message="left behind")
    server.start()
    sender.join()
    assert [item["name"] for item in sender.answer["items"]] == [f"{index}.jpg" for index in range(FILES)]
    assert len({item["asset"]["id"] for item in sender.answer["items"]}) == FILES
    assert _assets(server) == before + FILES


def _assets(server: Serve) -> int:
    with psycopg.connect(server.database_url) as database:
        row = database.execute("SELECT count(*) FROM asset").fetchone()
    assert row
    return int(row[0])
