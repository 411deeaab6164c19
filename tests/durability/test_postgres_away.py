"""PostgreSQL is killed while the server serves: 503 at once in the dialect's words, and back without a restart."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
import msgspec

from tests.durability.helpers import audit, endpoints, processes
from tests.durability.helpers.endpoints import Refused
from tests.durability.helpers.error_shapes import says_unavailable
from tests.durability.helpers.processes import eventually
from tests.server import Serve

Call = Callable[[httpx.Client], httpx.Response]
AT_ONCE = 3.0
# An idle machine takes 0.2 to 0.6 s, which is recorded; a loaded one must only come back, and by itself.
A_WHILE = 15.0


class Asked(msgspec.Struct, frozen=True):
    """One request, and what came of it."""

    begun: float
    ended: float
    answer: httpx.Response


class Asking:
    """One thread for each call, asking again and again."""

    def __init__(self, server: Serve, calls: list[Call]) -> None:
        self.asked: list[Asked] = []
        self._server = server
        self._done = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=[call], daemon=True) for call in calls]

    def all_served_since(self, moment: float) -> bool:
        """Whether each thread has had a good answer to a request that it began after the moment."""
        assert not self._faults, self._faults
        served = {
            asked.answer.request.url.path for asked in self.asked if asked.begun > moment and asked.answer.is_success
        }
        return len(served) >= len(self._threads)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self, call: Call) -> None:
        try:
            with httpx.Client(base_url=self._server.url, timeout=30) as http:
                while not self._done.is_set():
                    begun = time.monotonic()
                    answer = call(http)
                    self.asked.append(Asked(begun, time.monotonic(), answer))
                    time.sleep(0.005)
        except BaseException as error:  # shown by the thread that waits
            self._faults.append(error)
            raise


def test_postgres_killed_while_serving(
    server: Serve, key: str, client: httpx.Client, record_property: Callable[[str, object], None]
) -> None:
    kept = [endpoint(client, key, endpoints.picture(20_000)) for endpoint in endpoints.DOORS.values()]
    before = processes.workers(server.data)
    outages = []
    with Asking(server, calls(key, kept[0])) as asking:
        for victims in (postmaster, postmaster, everything, postmaster):
            eventually(lambda: asking.all_served_since(time.monotonic() - 0.5))
            outages.append(outage(asking, victims(server)))
    wrong = [asked.answer for asked in asking.asked if not (asked.answer.is_success or says_unavailable(asked.answer))]
    assert not wrong, [(answer.request.url, answer.status_code, answer.text) for answer in wrong]
    slowest = max(asked.ended - asked.begun for asked in asking.asked)
    record_property("postgres_outages_seconds", [round(seconds, 3) for seconds in outages])
    record_property("slowest_answer_seconds", round(slowest, 3))
    assert slowest < AT_ONCE
    assert max(outages) < A_WHILE, outages
    assert any(says_unavailable(asked.answer) for asked in asking.asked)
    assert processes.workers(server.data) == before
    for promise in kept:
        endpoints.check(client, key, promise)
    audit.expect_order(server)


def test_an_upload_that_began_before_the_kill_ends_with_a_clear_answer(
    server: Serve, key: str, client: httpx.Client
) -> None:
    """Its bytes go on arriving while the database is away; it is stored, or refused as unavailable."""
    data = endpoints.picture(400_000)
    pieces = [data[at : at + 40_000] for at in range(0, len(data), 40_000)]

    def body() -> "list[bytes]":
        for number, piece in enumerate(pieces):
            if number == len(pieces) // 2:
                processes.kill([processes.postmaster(server.data)])
            yield piece

    headers = {"x-api-key": key, "content-type": "image/jpeg"}
    answer = client.post("/v1/asset", content=body(), headers=headers)
    assert answer.is_success or says_unavailable(answer), answer.text
    eventually(lambda: client.get("/readyz").is_success)
    endpoints.check(client, key, endpoints.heygen_v1(client, key, data))


def calls(key: str, kept: endpoints.Promise) -> list[Call]:
    """A read, an upload through each door and the readiness; every path is another."""
    bearer = {"authorization": f"Bearer {key}"}

    def read(http: httpx.Client) -> httpx.Response:
        return http.get(f"/assets/{kept.asset_id}", headers=bearer)

    def ready(http: httpx.Client) -> httpx.Response:
        return http.get("/readyz")

    def file(http: httpx.Client) -> httpx.Response:
        return http.get(kept.path)

    def promise(http: httpx.Client) -> httpx.Response:
        return http.post("/storage/upload/initiate", json={}, headers=bearer)

    return [
        read,
        ready,
        file,
        promise,
        *(
            upload(endpoint, key)
            for endpoint in (endpoints.krea, endpoints.heygen_v1, endpoints.heygen_v3, endpoints.fal)
        ),
    ]


def upload(endpoint: endpoints.Door, key: str) -> Call:
    def call(http: httpx.Client) -> httpx.Response:
        answers: list[httpx.Response] = []
        http.event_hooks["response"] = [answers.append]
        try:
            endpoint(http, key, endpoints.picture(10_000))
        except Refused:
            answers[-1].read()
        return answers[-1]

    return call


def postmaster(server: Serve) -> list[int]:
    return [processes.postmaster(server.data)]


def everything(server: Serve) -> list[int]:
    return [process.pid for process in processes.postgres(server.data)]


def outage(asking: Asking, victims: list[int]) -> float:
    """Seconds from the kill to the end of the last request that was refused because of it."""
    processes.kill(victims)
    killed = time.monotonic()
    eventually(lambda: asking.all_served_since(killed))
    refused = [asked.ended for asked in asking.asked if asked.ended > killed and not asked.answer.is_success]
    return max(refused, default=killed) - killed
