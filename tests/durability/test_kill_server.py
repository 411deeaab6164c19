"""SIGKILL at any moment: acknowledged uploads survive, and no process or spool file remains."""

import random
import subprocess
import time
from collections.abc import Callable

import httpx
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.processes import eventually
from tests.durability.helpers.uploaders import ContinuousUploads
from tests.server import PROGRAM, Serve

IDEMPOTENCY_KEY = "killed-during-upload"
CLAIM_SECONDS = 60
MIB = 1 << 20


@pytest.mark.stress
def test_acknowledged_uploads_survive_kills(own_server: Start, connect: Callable[[Serve], httpx.Client]) -> None:
    server = own_server(workers=2)
    key = server.key
    http = connect(server)
    new_jpeg = endpoints.new_jpeg(3_000_000)
    with ContinuousUploads(server, key) as uploading:
        uploading.wait_for_more(12)
        kill_one_worker(server)
        uploading.wait_for_more(8)
        processes.kill([processes.postmaster(server.data)])
        uploading.wait_for_more(8)
        processes.kill(process.pid for process in processes.postgres(server.data))
        uploading.wait_for_more(8)
        eventually(lambda: all(httpx.get(f"{server.url}/readyz").is_success for _ in range(8)))
        killed_at = kill_during_upload(server, key, new_jpeg)
        uploading.wait_for_more(8)
        kill_and_restart(server)
        uploading.wait_for_more(8)
    assert {refused.status for refused in uploading.failures} <= {503}, uploading.failures
    for upload in uploading.acknowledged:
        endpoints.check(http, key, upload)
    audit.assert_verify_finds_nothing(server)
    assert not audit.spool_files(server)
    assert_claim_expires(http, server, key, new_jpeg, killed_at)
    assert server.stop() == 0
    assert not processes.server_processes(server.data)
    kill_during_start(server)


def kill_one_worker(server: Serve) -> None:
    killed, survivor = processes.workers(server.data)
    sleep_at_random()
    processes.kill([killed.pid])
    eventually(lambda: len(set(processes.workers(server.data)) - {killed, survivor}) == 1)


def kill_during_upload(server: Serve, key: str, new_jpeg: bytes) -> float:
    """Kill the server half way through an upload with an idempotency key; return the time of the kill."""
    body = wire.form(new_jpeg)
    headers = {
        "x-api-key": key,
        "idempotency-key": IDEMPOTENCY_KEY,
        "content-type": wire.FORM_TYPE,
        "content-length": len(body),
    }
    with wire.Connection(server.port) as upload, httpx.Client(base_url=server.url) as http:
        upload.begin("POST", "/v3/assets", headers).send(body[: len(body) // 2])
        eventually(lambda: audit.is_claimed(server, IDEMPOTENCY_KEY) and audit.largest_spool_file(server) >= MIB)
        # A server process that has not yet noticed that PostgreSQL is back responds with 503 for a moment.
        eventually(lambda: endpoints.post_v3(http, key, new_jpeg[:100], IDEMPOTENCY_KEY).status_code == 409)
        assert kill_and_restart(server), "bytes were in flight"
        killed_at = time.monotonic()
        assert endpoints.post_v3(http, key, new_jpeg, IDEMPOTENCY_KEY).status_code in (200, 409)
    return killed_at


def kill_and_restart(server: Serve) -> int:
    """Kill and restart the server on the same folder and port; return the number of spool files, which it deletes."""
    sleep_at_random()
    server.kill()
    eventually(
        lambda: not processes.server_processes(server.data),
        message=f"left behind: {processes.server_processes(server.data)}",
    )
    in_flight = audit.spool_files(server)
    server.start()
    assert not [path for path in in_flight if path.exists()]
    return len(in_flight)


def kill_during_start(server: Serve) -> None:
    """A server process that is still importing modules ends, too, when its parent is killed."""
    command = [PROGRAM, "serve", "--data", server.data, "--port", str(server.port)]
    with subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        eventually(lambda: processes.workers(server.data))
        starting.kill()
    eventually(
        lambda: not processes.server_processes(server.data),
        message=f"left behind: {processes.server_processes(server.data)}",
    )


def sleep_at_random() -> None:
    """Make every run kill at another moment."""
    time.sleep(random.uniform(0, 0.1))


def assert_claim_expires(http: httpx.Client, server: Serve, key: str, new_jpeg: bytes, killed_at: float) -> None:
    """The claim of the killed request expires within a minute; the retry creates one asset and replays it."""
    response = endpoints.post_v3(http, key, new_jpeg, IDEMPOTENCY_KEY)
    while response.status_code == 409:
        assert response.json()["error"]["code"] == "request_in_progress"
        assert time.monotonic() - killed_at < CLAIM_SECONDS
        time.sleep(0.5)
        response = endpoints.post_v3(http, key, new_jpeg, IDEMPOTENCY_KEY)
    assert response.status_code == 200, response.text
    again = endpoints.post_v3(http, key, new_jpeg, IDEMPOTENCY_KEY)
    assert (again.content, again.headers["idempotent-replayed"]) == (response.content, "true")
    assert audit.assets_of(server, endpoints.sha256(new_jpeg)) == 1
