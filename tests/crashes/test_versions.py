"""Kills at random moments of replacements: what was acknowledged stays, and every version that is listed is there.

`make crash` does a hundred kills, `make test` two.
"""

import contextlib
import hashlib
import random
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.crashes.clients import MAX_RETRY_SECONDS
from tests.crashes.test_uploads import KILLS
from tests.durability.helpers import processes
from tests.durability.helpers.endpoints import new_jpeg
from tests.durability.helpers.processes import eventually
from tests.server import PROGRAM, Serve

ASSETS = 4
_RETRYABLE = frozenset({500, 502, 503, 504})
Json = dict[str, Any]


class Editor:
    """A client that replaces and restores the content of one asset, and repeats each step until it is acknowledged.

    `acknowledged` are the hashes of the contents in their order.
    """

    def __init__(self, server: Serve, key: str) -> None:
        self.faults: list[BaseException] = []
        self._http = httpx.Client(base_url=server.url, timeout=60, headers={"authorization": f"Bearer {key}"})
        data = new_jpeg(20_000)
        made = self._http.post("/assets", files={"file": ("a.jpg", data, "image/jpeg")}).raise_for_status()
        self.path = f"/api/assets/{made.json()['id']}"
        self.acknowledged = [hashlib.sha256(data).hexdigest()]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join(MAX_RETRY_SECONDS)
        assert not self._thread.is_alive(), "a replacement is stuck"
        assert not self.faults, self.faults

    def _run(self) -> None:
        try:
            while not self._done.is_set():
                self._edit()
        except BaseException as error:  # reported by the waiting thread
            self.faults.append(error)
            raise

    def _edit(self) -> None:
        if random.random() < 0.2:
            restored = self._step("POST", f"{self.path}/versions/1/restore")
            self.acknowledged.append(restored["sha256"])
            return
        data = new_jpeg(random.choice((20_000, 300_000)))
        replaced = self._step("PUT", f"{self.path}/content", content=data)
        assert replaced["sha256"] == hashlib.sha256(data).hexdigest()
        self.acknowledged.append(replaced["sha256"])

    def _step(self, method: str, path: str, **request: Any) -> Json:
        deadline = time.monotonic() + MAX_RETRY_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                response = self._http.request(method, path, **request)
                if response.is_success:
                    body: Json = response.json()
                    return body
                assert response.status_code in _RETRYABLE, (method, path, response.status_code, response.text)
            time.sleep(0.03)
        raise AssertionError(f"{method} {path} got no response")

    def check(self) -> None:
        """Each step was repeated until it was acknowledged: the last content is the current one, all others are kept.

        A step that was done although its answer was lost changes nothing when it is repeated.
        """
        items, cursor = [], None
        while cursor is not None or not items:
            page = self._http.get(f"{self.path}/versions", params={"cursor": cursor or ""}).raise_for_status().json()
            items, cursor = items + page["items"], page["next_cursor"]
        assert items[0]["is_current"]
        assert items[0]["sha256"] == self.acknowledged[-1]
        assert [item["version"] for item in items] == list(range(len(items), 0, -1))
        assert {item["sha256"] for item in items} == set(self.acknowledged)
        for item in items:
            content = self._http.get(httpx.URL(item["url"]).path).raise_for_status().content
            assert hashlib.sha256(content).hexdigest() == item["sha256"], item
        self._http.close()


@pytest.mark.sampled
@pytest.mark.timeout(3000)
def test_replacements_survive_kills(tmp_path: Path) -> None:
    env = {"MEDIATHEQUE_RUN_WORKER": "false", "MEDIATHEQUE_MAX_VERSIONS": "1000"}
    server = Serve(tmp_path / "data", env=env, durable=True)
    server.start()
    try:
        editors = [Editor(server, server.key) for _ in range(ASSETS)]
        for editor in editors:
            editor.start()
        for _ in range(KILLS):
            kill_and_restart(server, editors)
        for editor in editors:
            editor.stop()
            editor.check()
        report = subprocess.run(
            [PROGRAM, "verify", "--data", server.data], env=server.env, capture_output=True, text=True, check=False
        )
        assert report.returncode == 0, report.stdout + report.stderr
        assert server.stop() == 0
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        processes.kill(process.pid for process in processes.server_processes(server.data))


def kill_and_restart(server: Serve, editors: list[Editor]) -> None:
    """After each asset was edited since the last start, kill the server at a random moment and restart it."""
    before = [len(editor.acknowledged) for editor in editors]
    eventually(
        lambda: (
            all(len(editor.acknowledged) > n for editor, n in zip(editors, before, strict=True))
            or any(editor.faults for editor in editors)
        ),
        120,
        "nothing was acknowledged",
    )
    time.sleep(random.uniform(0, 0.3))
    server.kill()
    eventually(lambda: not processes.server_processes(server.data), message="left behind")
    server.start()
