"""Clients that disconnect, stall or declare a wrong length: nothing is stored and nothing hangs."""

import functools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.processes import eventually
from tests.server import Serve

IDLE_SECONDS = 1.0
MIB = 1 << 20


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint that takes a body: how to build the body from a file, and how to recognise the dialect's error."""

    method: str
    path: str
    headers: dict[str, str]
    body: Callable[[bytes], bytes]
    is_refusal: Callable[[Any], object]


@pytest.fixture(scope="module")
def short_timeout_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server that waits one second for the next bytes of a body."""
    env = {"MEDIATHEQUE_REQUEST_BODY_IDLE_SECONDS": str(IDLE_SECONDS)}
    with Serve(tmp_path_factory.mktemp("short-timeout") / "data", env=env) as running:
        yield running
        assert '"level":"error"' not in running.log(), "a client's error is not logged as an error"
        assert not audit.rows_without_bytes(running)


@pytest.fixture(
    params=["krea", "heygen_v1", "heygen_v3", "heygen_v3_idempotent", "fal_storage", "fal_initiate", "fal_json"]
)
def endpoint(request: pytest.FixtureRequest, short_timeout_server: Serve, nothing_remains: None) -> Endpoint:
    key = {"x-api-key": short_timeout_server.key}
    form = {**key, "content-type": wire.FORM_TYPE}
    image = {**key, "content-type": "image/jpeg"}
    idempotency_key = {**form, "idempotency-key": "hangs-up"}
    known = {
        "krea": Endpoint("POST", "/assets", form, wire.form, lambda body: isinstance(body["error"], str)),
        "heygen_v1": Endpoint("POST", "/v1/asset", image, bytes, lambda body: body["code"] != 100),
        "heygen_v3": Endpoint("POST", "/v3/assets", form, wire.form, lambda body: body["error"]["code"]),
        "heygen_v3_idempotent": Endpoint(
            "POST", "/v3/assets", idempotency_key, wire.form, lambda body: body["error"]["code"]
        ),
        "fal_storage": Endpoint("POST", "/files/upload", image, bytes, lambda body: body["detail"]),
        "fal_initiate": Endpoint(
            "PUT", initiated_upload(short_timeout_server), image, bytes, lambda body: body["detail"]
        ),
        "fal_json": Endpoint("POST", "/v1/assets/uploads", key, _registration, lambda body: body["error"]["type"]),
    }
    return known[request.param]


def initiated_upload(server: Serve) -> str:
    """Initiate an upload and return the path for its bytes."""
    headers = {"x-api-key": server.key}
    session = httpx.post(f"{server.url}/storage/upload/initiate", json={}, headers=headers).json()
    return endpoints.local(session["upload_url"])


def _registration(data: bytes) -> bytes:
    """JSON of about 200 kB that is well formed and refused only for its values."""
    return json.dumps({"url": "http://127.0.0.1:9/x", "type": "image", "junk": data[:150_000].hex()}).encode()[:200_000]


@functools.cache
def file() -> bytes:
    return endpoints.new_jpeg(3 * MIB)


@pytest.fixture
def nothing_remains(short_timeout_server: Serve) -> Iterator[None]:
    """After the test there is no new row, blob or spool file, and the next request is served at once."""
    before = audit.count_stored(short_timeout_server)
    yield
    eventually(lambda: audit.count_stored(short_timeout_server) == before, message="rows, blobs or spool files remain")
    assert_serves_at_once(short_timeout_server)


def assert_serves_at_once(server: Serve) -> None:
    started = time.monotonic()
    assert httpx.get(f"{server.url}/readyz", timeout=30).is_success
    assert time.monotonic() - started < 20


def begin(server: Serve, endpoint: Endpoint, **headers: object) -> wire.Connection:
    more = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return wire.Connection(server.port).begin(endpoint.method, endpoint.path, {**endpoint.headers, **more})


def is_refusal(endpoint: Endpoint, response: wire.Response | None, *statuses: int) -> bool:
    """Whether the response has one of the statuses and the dialect's error shape."""
    return response is not None and response.status in statuses and bool(endpoint.is_refusal(json.loads(response.body)))


def count_finished(server: Serve, path: str) -> int:
    """Count the finished requests for the path in the access log."""
    plain_path = path.partition("?")[0]
    return server.log().count(f'"path":"{plain_path}"')


def test_disconnect_half_way_stores_nothing(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    body, before = endpoint.body(file()), count_finished(short_timeout_server, endpoint.path)
    begin(short_timeout_server, endpoint, content_length=len(body)).send(body[: len(body) // 2]).close()
    eventually(lambda: count_finished(short_timeout_server, endpoint.path) == before + 1)


def test_disconnect_before_first_byte_stores_nothing(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    before = count_finished(short_timeout_server, endpoint.path)
    begin(short_timeout_server, endpoint, content_length=1000).close()
    eventually(lambda: count_finished(short_timeout_server, endpoint.path) == before + 1)


def test_body_shorter_than_content_length_is_refused(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    """The whole file arrives, but Content-Length announced more."""
    body = endpoint.body(file())
    with begin(short_timeout_server, endpoint, content_length=len(body) + 1000) as sending:
        response = sending.send(body).shut_down_sending().response()
    assert response is None or is_refusal(endpoint, response, 400)


def test_body_longer_than_content_length_is_refused(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    """Content-Length announces half of the file; the rest is not read as a request."""
    body = endpoint.body(file())
    with begin(short_timeout_server, endpoint, content_length=len(body) // 2) as sending:
        sending.send(body)
        assert is_refusal(endpoint, sending.response(), 400, 422)


def test_stalled_body_gets_408(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    body = endpoint.body(file())
    started = time.monotonic()
    with begin(short_timeout_server, endpoint, content_length=len(body)) as sending:
        response = sending.send(body[: len(body) // 2]).response()
    assert is_refusal(endpoint, response, 408), response
    assert IDLE_SECONDS * 0.9 < time.monotonic() - started < IDLE_SECONDS + 20


def test_chunked_framing_takes_precedence_and_closes_connection(
    short_timeout_server: Serve, endpoint: Endpoint
) -> None:
    """The last chunk ends the body and the connection is closed (RFC 9112 section 6.3): no request can be smuggled."""
    body = endpoint.body(file()[: MIB // 2])
    smuggled = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with begin(
        short_timeout_server, endpoint, content_length=len(chunks + smuggled), transfer_encoding="chunked"
    ) as sending:
        response = sending.send(chunks + smuggled).response()
        assert is_refusal(endpoint, response, 400, 422), response
        assert response is not None
        assert response.headers["connection"] == "close"
        assert sending.response() is None


@pytest.mark.xfail(strict=True, reason="Granian 2.8 (hyper) removes Content-Length before the application sees it")
def test_content_length_with_transfer_encoding_is_refused(short_timeout_server: Serve) -> None:
    new_jpeg = endpoints.new_jpeg()
    headers = {"x-api-key": short_timeout_server.key, "content-length": len(new_jpeg), "transfer-encoding": "chunked"}
    with wire.Connection(short_timeout_server.port) as sending:
        sending.begin("POST", "/v1/asset", headers).send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(new_jpeg), new_jpeg))
        response = sending.response()
    assert response is not None
    assert response.status == 400


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"5\r\nabc\r\n0\r\n\r\n",
        b"-1\r\n\r\n",
        b"ffffffffffffffffff\r\nabc\r\n",
        b"3\r\nabcdef\r\n0\r\n\r\n",
    ],
    ids=["no number", "too few bytes", "negative", "overflow", "too many bytes"],
)
def test_malformed_chunks_are_refused(short_timeout_server: Serve, endpoint: Endpoint, chunks: bytes) -> None:
    """Refused in the dialect's shape, or disconnected: after a wrong chunk size the next request cannot be found."""
    with begin(short_timeout_server, endpoint, transfer_encoding="chunked") as sending:
        response = sending.send(chunks).shut_down_sending().response()
    assert response is None or response.body == b"" or is_refusal(endpoint, response, 400, 422), response


def test_missing_last_chunk_is_refused(short_timeout_server: Serve, endpoint: Endpoint) -> None:
    body = endpoint.body(file())
    with begin(short_timeout_server, endpoint, transfer_encoding="chunked") as sending:
        response = sending.send(b"%x\r\n%s\r\n" % (len(body), body)).shut_down_sending().response()
    assert response is None or is_refusal(endpoint, response, 400), response


@pytest.mark.usefixtures("nothing_remains")
def test_memory_is_constant_over_hundreds_of_disconnects(short_timeout_server: Serve) -> None:
    key, url = short_timeout_server.key, "/v1/asset"
    headers = {"x-api-key": key, "content-type": "image/jpeg", "content-length": 8 * MIB}
    chunk = file()[:MIB]

    def close(number: int) -> None:
        with wire.Connection(short_timeout_server.port) as sending:
            sending.begin("POST", url, headers).send(chunk[: 1000 if number % 2 else MIB])

    def disconnect_many(count: int) -> int:
        before = count_finished(short_timeout_server, url)
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(close, range(count)))
        eventually(lambda: count_finished(short_timeout_server, url) == before + count)
        assert not audit.spool_files(short_timeout_server)
        return processes.memory(short_timeout_server.data)

    disconnect_many(200)
    before = disconnect_many(200)
    assert disconnect_many(200) - before < 16 * MIB
