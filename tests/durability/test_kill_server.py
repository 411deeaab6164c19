"""kill -9 at any moment: what was acknowledged is there afterwards, and nothing else is left of the dead."""

import random
import subprocess
import time
from collections.abc import Callable

import httpx
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.processes import eventually
from tests.durability.helpers.uploaders import Uploading
from tests.server import PROGRAM, Serve

ONCE = "died-in-mid-upload"
A_MINUTE = 60
MIB = 1 << 20


@pytest.mark.stress
def test_kills_lose_nothing_that_was_acknowledged(own: Start, connect: Callable[[Serve], httpx.Client]) -> None:
    server = own(workers=2)
    key = server.key
    http = connect(server)
    picture = endpoints.picture(3_000_000)
    with Uploading(server, key) as uploading:
        uploading.go_on(12)
        kill_one_worker(server)
        uploading.go_on(8)
        processes.kill([processes.postmaster(server.data)])
        uploading.go_on(8)
        processes.kill(process.pid for process in processes.postgres(server.data))
        uploading.go_on(8)
        eventually(lambda: all(httpx.get(f"{server.url}/readyz").is_success for _ in range(8)))
        died = kill_in_mid_upload(server, key, picture)
        uploading.go_on(8)
        kill_and_restart(server)
        uploading.go_on(8)
    assert {refused.status for refused in uploading.refusals} <= {503}, uploading.refusals
    for promise in uploading.promises:
        endpoints.check(http, key, promise)
    audit.expect_order(server)
    assert not audit.spool_files(server)
    the_key_is_usable_again(http, server, key, picture, died)
    assert server.stop() == 0
    assert not processes.family(server.data)
    kill_amid_the_start(server)


def kill_one_worker(server: Serve) -> None:
    victim, survivor = processes.workers(server.data)
    pause_at_random()
    processes.kill([victim.pid])
    eventually(lambda: len(set(processes.workers(server.data)) - {victim, survivor}) == 1)


def kill_in_mid_upload(server: Serve, key: str, picture: bytes) -> float:
    """An upload under an idempotency key is half way when the server is killed; the moment of its death."""
    body = wire.form(picture)
    headers = {"x-api-key": key, "idempotency-key": ONCE, "content-type": wire.FORM_TYPE, "content-length": len(body)}
    with wire.Connection(server.port) as upload, httpx.Client(base_url=server.url) as http:
        upload.begin("POST", "/v3/assets", headers).send(body[: len(body) // 2])
        eventually(lambda: audit.is_claimed(server, ONCE) and audit.largest_spool_file(server) >= MIB)
        # A worker that has not noticed yet that PostgreSQL is back answers 503 for a moment.
        eventually(lambda: endpoints.post_v3(http, key, picture[:100], ONCE).status_code == 409)
        assert kill_and_restart(server), "bytes were in flight"
        died = time.monotonic()
        assert endpoints.post_v3(http, key, picture, ONCE).status_code in (200, 409)
    return died


def kill_and_restart(server: Serve) -> int:
    """The same folder and port work again at once; how many files in flight were left, which are cleared away."""
    pause_at_random()
    server.kill()
    eventually(lambda: not processes.family(server.data), said=f"left behind: {processes.family(server.data)}")
    in_flight = audit.spool_files(server)
    server.start()
    assert not [path for path in in_flight if path.exists()]
    return len(in_flight)


def kill_amid_the_start(server: Serve) -> None:
    """A server process that is still loading its code notices as well that nobody is there any more."""
    command = [PROGRAM, "serve", "--data", server.data, "--port", str(server.port)]
    with subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starting:
        eventually(lambda: processes.workers(server.data))
        starting.kill()
    eventually(lambda: not processes.family(server.data), said=f"left behind: {processes.family(server.data)}")


def pause_at_random() -> None:
    """So that every run kills at other moments."""
    time.sleep(random.uniform(0, 0.1))


def the_key_is_usable_again(http: httpx.Client, server: Serve, key: str, picture: bytes, died: float) -> None:
    """The key that died is free within a minute, gives one asset, and replays it."""
    answer = endpoints.post_v3(http, key, picture, ONCE)
    while answer.status_code == 409:
        assert answer.json()["error"]["code"] == "request_in_progress"
        assert time.monotonic() - died < A_MINUTE
        time.sleep(0.5)
        answer = endpoints.post_v3(http, key, picture, ONCE)
    assert answer.status_code == 200, answer.text
    again = endpoints.post_v3(http, key, picture, ONCE)
    assert (again.content, again.headers["idempotent-replayed"]) == (answer.content, "true")
    assert audit.assets_of(server, endpoints.sha256(picture)) == 1
