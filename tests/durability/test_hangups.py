"""Clients that hang up, stall or lie about the length of what they send: nothing is stored, nothing is stuck."""

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
    """Where a body goes: how it is made of a file, and what the dialect calls a refusal of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Callable[[bytes], bytes]
    is_refusal: Callable[[Any], object]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server that waits a second for the next bytes of a body."""
    env = {"MEDIATHEQUE_REQUEST_BODY_IDLE_SECONDS": str(IDLE_SECONDS)}
    with Serve(tmp_path_factory.mktemp("impatient") / "data", env=env) as running:
        yield running
        assert '"level":"error"' not in running.log(), "what clients do is no error of ours"
        assert not audit.rows_without_bytes(running)


@pytest.fixture(params=["krea", "heygen_v1", "heygen_v3", "heygen_v3_once", "fal_storage", "fal_promised", "fal_json"])
def endpoint(request: pytest.FixtureRequest, impatient: Serve, nothing_stays: None) -> Endpoint:
    key = {"x-api-key": impatient.key}
    form = {**key, "content-type": wire.FORM_TYPE}
    image = {**key, "content-type": "image/jpeg"}
    once = {**form, "idempotency-key": "hangs-up"}
    known = {
        "krea": Endpoint("POST", "/assets", form, wire.form, lambda body: isinstance(body["error"], str)),
        "heygen_v1": Endpoint("POST", "/v1/asset", image, bytes, lambda body: body["code"] != 100),
        "heygen_v3": Endpoint("POST", "/v3/assets", form, wire.form, lambda body: body["error"]["code"]),
        "heygen_v3_once": Endpoint("POST", "/v3/assets", once, wire.form, lambda body: body["error"]["code"]),
        "fal_storage": Endpoint("POST", "/files/upload", image, bytes, lambda body: body["detail"]),
        "fal_promised": Endpoint("PUT", promised(impatient), image, bytes, lambda body: body["detail"]),
        "fal_json": Endpoint("POST", "/v1/assets/uploads", key, _registration, lambda body: body["error"]["type"]),
    }
    return known[request.param]


def promised(server: Serve) -> str:
    """Where the bytes of a fresh promise go."""
    headers = {"x-api-key": server.key}
    session = httpx.post(f"{server.url}/storage/upload/initiate", json={}, headers=headers).json()
    return endpoints.local(session["upload_url"])


def _registration(data: bytes) -> bytes:
    """JSON of some 200 kB that would be refused only for what it says."""
    return json.dumps({"url": "http://127.0.0.1:9/x", "type": "image", "junk": data[:150_000].hex()}).encode()[:200_000]


@functools.cache
def file() -> bytes:
    return endpoints.picture(3 * MIB)


@pytest.fixture
def nothing_stays(impatient: Serve) -> Iterator[None]:
    """Whatever a test sends: no row, no blob, no byte in flight is left, and the next request is served at once."""
    before = audit.holdings(impatient)
    yield
    eventually(lambda: audit.holdings(impatient) == before, said="something was left behind")
    served_at_once(impatient)


def served_at_once(server: Serve) -> None:
    begun = time.monotonic()
    assert httpx.get(f"{server.url}/readyz", timeout=30).is_success
    assert time.monotonic() - begun < 20


def begin(server: Serve, endpoint: Endpoint, **headers: object) -> wire.Connection:
    more = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return wire.Connection(server.port).begin(endpoint.method, endpoint.path, {**endpoint.headers, **more})


def is_refusal(endpoint: Endpoint, answer: wire.Answer | None, *statuses: int) -> bool:
    """An answer with one of the statuses in the dialect's shape."""
    return answer is not None and answer.status in statuses and bool(endpoint.is_refusal(json.loads(answer.body)))


def over(server: Serve, path: str) -> int:
    """How many requests for the path have ended, by the access log."""
    bare = path.partition("?")[0]
    return server.log().count(f'"path":"{bare}"')


def test_hanging_up_half_way(impatient: Serve, endpoint: Endpoint) -> None:
    body, before = endpoint.body(file()), over(impatient, endpoint.path)
    begin(impatient, endpoint, content_length=len(body)).send(body[: len(body) // 2]).hang_up()
    eventually(lambda: over(impatient, endpoint.path) == before + 1)


def test_hanging_up_before_the_first_byte(impatient: Serve, endpoint: Endpoint) -> None:
    before = over(impatient, endpoint.path)
    begin(impatient, endpoint, content_length=1000).hang_up()
    eventually(lambda: over(impatient, endpoint.path) == before + 1)


def test_a_body_shorter_than_it_said(impatient: Serve, endpoint: Endpoint) -> None:
    """Every byte of the file arrives, but the sender had announced more and says nothing further."""
    body = endpoint.body(file())
    with begin(impatient, endpoint, content_length=len(body) + 1000) as sending:
        answer = sending.send(body).end_of_sending().answer()
    assert answer is None or is_refusal(endpoint, answer, 400)


def test_a_body_longer_than_it_said(impatient: Serve, endpoint: Endpoint) -> None:
    """What was announced is half of the file; the rest is no request."""
    body = endpoint.body(file())
    with begin(impatient, endpoint, content_length=len(body) // 2) as sending:
        sending.send(body)
        assert is_refusal(endpoint, sending.answer(), 400, 422)


def test_a_body_that_stalls(impatient: Serve, endpoint: Endpoint) -> None:
    body = endpoint.body(file())
    begun = time.monotonic()
    with begin(impatient, endpoint, content_length=len(body)) as sending:
        answer = sending.send(body[: len(body) // 2]).answer()
    assert is_refusal(endpoint, answer, 408), answer
    assert IDLE_SECONDS * 0.9 < time.monotonic() - begun < IDLE_SECONDS + 20


def test_content_length_together_with_transfer_encoding(impatient: Serve, endpoint: Endpoint) -> None:
    """The chunks alone decide, and the line is closed (RFC 9112 section 6.3): nothing can be smuggled behind them."""
    body = endpoint.body(file()[: MIB // 2])
    smuggled = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with begin(impatient, endpoint, content_length=len(chunks + smuggled), transfer_encoding="chunked") as sending:
        answer = sending.send(chunks + smuggled).answer()
        assert is_refusal(endpoint, answer, 400, 422), answer
        assert answer is not None
        assert answer.headers["connection"] == "close"
        assert sending.answer() is None


@pytest.mark.xfail(strict=True, reason="Granian 2.8 (hyper) removes Content-Length before the application sees it")
def test_content_length_together_with_transfer_encoding_is_refused(impatient: Serve) -> None:
    picture = endpoints.picture()
    headers = {"x-api-key": impatient.key, "content-length": len(picture), "transfer-encoding": "chunked"}
    with wire.Connection(impatient.port) as sending:
        sending.begin("POST", "/v1/asset", headers).send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(picture), picture))
        answer = sending.answer()
    assert answer is not None
    assert answer.status == 400


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
def test_broken_chunks(impatient: Serve, endpoint: Endpoint, chunks: bytes) -> None:
    """Refused in the dialect's words, or the line is cut: a chunk that lies leaves no way to find the next request."""
    with begin(impatient, endpoint, transfer_encoding="chunked") as sending:
        answer = sending.send(chunks).end_of_sending().answer()
    assert answer is None or answer.body == b"" or is_refusal(endpoint, answer, 400, 422), answer


def test_chunks_without_an_end(impatient: Serve, endpoint: Endpoint) -> None:
    body = endpoint.body(file())
    with begin(impatient, endpoint, transfer_encoding="chunked") as sending:
        answer = sending.send(b"%x\r\n%s\r\n" % (len(body), body)).end_of_sending().answer()
    assert answer is None or is_refusal(endpoint, answer, 400), answer


@pytest.mark.usefixtures("nothing_stays")
def test_memory_stays_flat_over_hundreds_of_hang_ups(impatient: Serve) -> None:
    key, url = impatient.key, "/v1/asset"
    headers = {"x-api-key": key, "content-type": "image/jpeg", "content-length": 8 * MIB}
    piece = file()[:MIB]

    def hang_up(number: int) -> None:
        with wire.Connection(impatient.port) as sending:
            sending.begin("POST", url, headers).send(piece[: 1000 if number % 2 else MIB])

    def hang_ups(count: int) -> int:
        before = over(impatient, url)
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(hang_up, range(count)))
        eventually(lambda: over(impatient, url) == before + count)
        assert not audit.spool_files(impatient)
        return processes.memory(impatient.data)

    hang_ups(200)
    before = hang_ups(200)
    assert hang_ups(200) - before < 16 * MIB
