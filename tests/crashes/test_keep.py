"""Kills of server and worker at random moments: what a client or a webhook was acknowledged is kept, and once.

`test_keep_steps.py` takes every step by itself; here are the processes as an operator has them, with the queue and its
recovery. Each kill takes seconds, because everything is started again: `make crash` does a hundred, `make test` two.
"""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests import samples
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.providers.vendors import KEY, Answer, Vendors
from tests.server import Serve

KILLS = int(os.environ.get("MEDIATHEQUE_TEST_KILLS", "2"))
RETRY_SECONDS = 0.2
OUTPUTS = 2


class Makers:
    """Within the block, requests are made at fal, and their webhooks sent, or they are kept, until acknowledged."""

    def __init__(self, server: Serve, vendors: Vendors) -> None:
        self.server, self.vendors = server, vendors
        self.acknowledged: list[str] = []
        self.faults: list[BaseException] = []
        headers = {"x-api-key": server.key}
        created = httpx.post(f"{server.url}/api/hooks", json={"provider": "fal"}, headers=headers)
        self._hook = created.raise_for_status().json()["url"]
        self._headers = headers
        self._done = threading.Event()
        works = (self._send_webhook, self._send_webhook, self._keep)
        self._threads = [threading.Thread(target=self._run, args=[work], daemon=True) for work in works]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(120)
        assert not self.faults, self.faults

    def _run(self, work: Callable[[httpx.Client], str]) -> None:
        try:
            with httpx.Client(timeout=60) as http:
                while not self._done.is_set():
                    self.acknowledged.append(work(http))
                    time.sleep(random.uniform(0.2, 1))
        except BaseException as error:  # reported by the waiting thread
            self.faults.append(error)
            raise

    def _send_webhook(self, http: httpx.Client) -> str:
        id = str(uuid4())
        event = {"request_id": id, "gateway_request_id": id, "status": "OK", "payload": self._result()}
        body = json.dumps(event).encode()
        self._step(lambda: http.post(self._hook, content=body, headers=self.vendors.fal_headers(id, body)))
        return id

    def _keep(self, http: httpx.Client) -> str:
        id = self.vendors.fal_request("fal-ai/flux", status="COMPLETED", result=self._result())
        order = {"provider": "fal", "request_id": id, "endpoint": "fal-ai/flux", "key": KEY}
        self._step(lambda: http.post(f"{self.server.url}/api/keep", json=order, headers=self._headers))
        return id

    def _result(self) -> dict[str, Any]:
        names = [f"{uuid4().hex}.jpg" for _ in range(OUTPUTS)]
        for name in names:
            self.vendors.media[name] = self._slowly(samples.jpeg(seed=random.randrange(10**6)))
        return self.vendors.fal_result(*names)

    @staticmethod
    def _slowly(data: bytes) -> Callable[[], Answer]:
        def answer() -> Answer:
            time.sleep(random.uniform(0, 0.1))
            return 200, {"Content-Type": "image/jpeg"}, data

        return answer

    def _step(self, send: Callable[[], httpx.Response]) -> None:
        """Repeat until it is acknowledged; a server that starts or stops refuses, or does not answer."""
        while True:
            try:
                response = send()
            except httpx.TransportError:
                response = None
            if response is not None and response.is_success:
                return
            assert response is None or response.status_code in {500, 502, 503, 504}, response.text
            time.sleep(RETRY_SECONDS)


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with Vendors() as running:
        yield running


@pytest.mark.sampled
@pytest.mark.timeout(3000)
def test_keeps_survive_kills(tmp_path: Path, vendors: Vendors) -> None:
    settings = {**vendors.settings, "RUN_WORKER": "true", "SWEEP_SECONDS": "2"}
    env = {f"MEDIATHEQUE_{name}": value for name, value in settings.items()}
    server = Serve(tmp_path / "data", env=env, durable=True).start()
    try:
        with Makers(server, vendors) as makers:
            for number in range(KILLS):
                kill(server, makers, everything=number % 2 == 1)
        eventually(lambda: not running(server), 180, "a keep has not ended")
        assert_kept_once(server, makers.acknowledged)
        assert server.stop() == 0
    finally:
        processes.kill(process.pid for process in processes.server_processes(server.data))


def kill(server: Serve, makers: Makers, *, everything: bool) -> None:
    """Kill the worker, or everything and start it again, after something was acknowledged since the last time."""
    before = len(makers.acknowledged)
    eventually(lambda: len(makers.acknowledged) > before or makers.faults, 120, "nothing was acknowledged")
    eventually(lambda: processes.task_workers(server.data), 60)
    time.sleep(random.uniform(0, 0.5))
    if everything:
        server.kill()
        eventually(lambda: not processes.server_processes(server.data), message="left behind")
        server.start()
    else:
        processes.kill(process.pid for process in processes.task_workers(server.data))


def running(server: Serve) -> int:
    with psycopg.connect(server.database_url) as database:
        row = database.execute("SELECT count(*) FROM keep WHERE ended_at IS NULL").fetchone()
    assert row
    return int(row[0])


def assert_kept_once(server: Serve, acknowledged: list[str]) -> None:
    with psycopg.connect(server.database_url) as database:
        keeps = dict(database.execute("SELECT request_id, state FROM keep").fetchall())
        assert {id: keeps.get(id) for id in acknowledged} == dict.fromkeys(acknowledged, "done")
        assert set(keeps.values()) == {"done"}
        assets = database.execute("SELECT request_id, count(*) FROM asset GROUP BY 1").fetchall()
        assert dict(assets) == dict.fromkeys(keeps, OUTPUTS)
        assert database.execute("SELECT count(*) FROM keep WHERE sealed_key IS NOT NULL").fetchone() == (0,)
    assert len(acknowledged) > KILLS
    with httpx.Client(base_url=server.url, headers={"x-api-key": server.key}) as http:
        for id in random.sample(acknowledged, min(20, len(acknowledged))):
            [keep] = http.get("/api/keep", params={"request_id": id}).json()["items"]
            for output in keep["outputs"]:
                url = http.get(f"/api/assets/{output['asset_id']}").json()["url"]
                assert httpx.get(url).is_success
