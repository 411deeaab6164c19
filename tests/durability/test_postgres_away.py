"""When PostgreSQL is killed, each dialect responds with its 503 at once, and recovers without a restart."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
import msgspec

from tests.durability.helpers import audit, endpoints, processes
from tests.durability.helpers.endpoints import NotAcknowledged
from tests.durability.helpers.error_shapes import is_unavailable
from tests.durability.helpers.processes import eventually
from tests.server import Serve

Call = Callable[[httpx.Client], httpx.Response]
MAX_RESPONSE_SECONDS = 3.0
# An idle machine takes 0.2 to 0.6 s (recorded); on a loaded one the server must only recover by itself.
MAX_OUTAGE_SECONDS = 15.0


class Exchange(msgspec.Struct, frozen=True):
    """One request and its response."""

    started: float
    ended: float
    response: httpx.Response


class ContinuousRequests:
    """One thread for each call, which repeats it."""

    def __init__(self, server: Serve, calls: list[Call]) -> None:
        self.exchange: list[Exchange] = []
        self._server = server
        self._done = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=[call], daemon=True) for call in calls]

    def all_served_since(self, moment: float) -> bool:
        """Whether each thread got a 2xx to a request that it started after the moment."""
        assert not self._faults, self._faults
        served = {
            exchange.response.request.url.path
            for exchange in self.exchange
            if exchange.started > moment and exchange.response.is_success
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
                    started = time.monotonic()
                    response = call(http)
                    self.exchange.append(Exchange(started, time.monotonic(), response))
                    time.sleep(0.005)
        except BaseException as error:  # reported by the waiting thread
            self._faults.append(error)
            raise


def test_killed_postgres_gets_503_and_server_recovers(
    server: Serve, key: str, client: httpx.Client, record_property: Callable[[str, object], None]
) -> None:
    stored = [endpoint(client, key, endpoints.new_jpeg(20_000)) for endpoint in endpoints.ENDPOINTS.values()]
    before = processes.workers(server.data)
    outages = []
    with ContinuousRequests(server, calls(key, stored[0])) as requests:
        for pids in (postmaster, postmaster, all_postgres_processes, postmaster):
            eventually(lambda: requests.all_served_since(time.monotonic() - 0.5))
            outages.append(outage(requests, pids(server)))
    wrong = [
        exchange.response
        for exchange in requests.exchange
        if not (exchange.response.is_success or is_unavailable(exchange.response))
    ]
    assert not wrong, [(response.request.url, response.status_code, response.text) for response in wrong]
    slowest = max(exchange.ended - exchange.started for exchange in requests.exchange)
    record_property("postgres_outages_seconds", [round(seconds, 3) for seconds in outages])
    record_property("slowest_answer_seconds", round(slowest, 3))
    assert slowest < MAX_RESPONSE_SECONDS
    assert max(outages) < MAX_OUTAGE_SECONDS, outages
    assert any(is_unavailable(exchange.response) for exchange in requests.exchange)
    assert processes.workers(server.data) == before
    for each in stored:
        endpoints.check(client, key, each)
    audit.assert_verify_finds_nothing(server)


def test_upload_during_postgres_kill_succeeds_or_gets_503(server: Serve, key: str, client: httpx.Client) -> None:
    """Its bytes keep arriving while the database is unavailable."""
    data = endpoints.new_jpeg(400_000)
    chunks = [data[at : at + 40_000] for at in range(0, len(data), 40_000)]

    def body() -> "list[bytes]":
        for number, chunk in enumerate(chunks):
            if number == len(chunks) // 2:
                processes.kill([processes.postmaster(server.data)])
            yield chunk

    headers = {"x-api-key": key, "content-type": "image/jpeg"}
    response = client.post("/v1/asset", content=body(), headers=headers)
    assert response.is_success or is_unavailable(response), response.text
    eventually(lambda: client.get("/readyz").is_success)
    endpoints.check(client, key, endpoints.heygen_v1(client, key, data))


def calls(key: str, stored: endpoints.AcknowledgedUpload) -> list[Call]:
    """A read, an upload through each endpoint and the readiness check, each with a different path."""
    bearer = {"authorization": f"Bearer {key}"}

    def read(http: httpx.Client) -> httpx.Response:
        return http.get(f"/assets/{stored.asset_id}", headers=bearer)

    def ready(http: httpx.Client) -> httpx.Response:
        return http.get("/readyz")

    def file(http: httpx.Client) -> httpx.Response:
        return http.get(stored.path)

    def initiate(http: httpx.Client) -> httpx.Response:
        return http.post("/storage/upload/initiate", json={}, headers=bearer)

    return [
        read,
        ready,
        file,
        initiate,
        *(
            upload(endpoint, key)
            for endpoint in (endpoints.krea, endpoints.heygen_v1, endpoints.heygen_v3, endpoints.fal)
        ),
    ]


def upload(endpoint: endpoints.UploadTo, key: str) -> Call:
    def call(http: httpx.Client) -> httpx.Response:
        responses: list[httpx.Response] = []
        http.event_hooks["response"] = [responses.append]
        try:
            endpoint(http, key, endpoints.new_jpeg(10_000))
        except NotAcknowledged:
            responses[-1].read()
        return responses[-1]

    return call


def postmaster(server: Serve) -> list[int]:
    return [processes.postmaster(server.data)]


def all_postgres_processes(server: Serve) -> list[int]:
    return [process.pid for process in processes.postgres(server.data)]


def outage(requests: ContinuousRequests, pids: list[int]) -> float:
    """Return the seconds from the kill to the end of the last request that failed because of it."""
    processes.kill(pids)
    killed = time.monotonic()
    eventually(lambda: requests.all_served_since(killed))
    refused = [
        exchange.ended for exchange in requests.exchange if exchange.ended > killed and not exchange.response.is_success
    ]
    return max(refused, default=killed) - killed
