"""Hostile request heads: very long, malformed, or of another protocol."""

import time

import httpx
import pytest

from tests import samples
from tests.refusals.wire import LAST, exchange, parse_responses
from tests.server import Serve


@pytest.fixture(scope="module")
def file_url(server: Serve) -> str:
    headers = {"x-api-key": server.new_key(), "content-type": "audio/mpeg"}
    response = httpx.post(f"{server.url}/v1/asset", content=samples.mp3(), headers=headers)
    return str(response.raise_for_status().json()["data"]["url"])


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\n",
        b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /assets HTTP/1.1\r\nHost: x\r\nX-API-KEY: " + b"k" * 1_000_000 + b"\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["one of 1 MB", "fifty thousand", "a target of 1 MB", "a key of 1 MB"],
)
def test_huge_head_is_refused(server: Serve, head: bytes) -> None:
    """Refused by the HTTP server, or disconnected; never served."""
    assert [status for status, _ in parse_responses(exchange(server.port, head))] in ([], [400], [414], [431])
    assert httpx.get(f"{server.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "range_header",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 8000, 2)),
        "bytes=" + ",".join(["0-"] * 10_000),
        "bytes=" + ",".join(["0-0", "-1"] * 5_000),
        "bytes=" + "," * 50_000,
        "bytes=" + "9" * 50_000 + "-",
        "bytes=0-" + "9" * 50_000,
        "bytes=" + "0-0 ," * 10_000,
    ],
    ids=["apart", "the same", "both ends", "commas", "a long number", "a long end", "spaces"],
)
def test_thousands_of_ranges_are_answered_at_once(file_url: str, range_header: str) -> None:
    """The body is never larger than the file."""
    with httpx.Client() as http:
        started = time.perf_counter()
        response = http.get(file_url, headers={"range": range_header})
        assert time.perf_counter() - started < 10
    assert response.status_code in (200, 206, 416)
    assert len(response.content) <= len(samples.mp3())


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /healthz HTTP/3.7\r\nHost: x\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\0T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n",
        b"GET http://example.com/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_malformed_head_is_no_internal_error(server: Serve, head: bytes) -> None:
    statuses = [status for status, id_ in parse_responses(exchange(server.port, head + LAST)) if id_ != "last"]
    assert all(status < 500 or status in (501, 505) for status in statuses), statuses
    assert httpx.get(f"{server.url}/healthz").status_code == 200
