"""Many concurrent connections: slow ones do not block others, and no upload is refused."""

import asyncio
import contextlib
import itertools
import os
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest

from tests import samples
from tests.server import Serve

INCOMPLETE_REQUESTS = {
    "say nothing": b"",
    "stop within the first line": b"POST /ass",
    "stop within the headers": b"POST /assets HTTP/1.1\r\nHost: x\r\nX-A: b\r\n",
    "stop before the body": b"POST /v1/asset HTTP/1.1\r\nHost: x\r\nX-API-KEY: KEY\r\nContent-Length: 999\r\n\r\n",
    "stop within the body": b"POST /v1/asset HTTP/1.1\r\nHost: x\r\nX-API-KEY: KEY\r\nContent-Length: 999\r\n\r\nabc",
    "stop within a chunk": (
        b"PUT /storage/upload/00000000000000000000000000000000 HTTP/1.1\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"
    ),
}


@contextlib.contextmanager
def connections(port: int, sent: bytes, count: int = 200) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            connection.sendall(sent)
        yield


def unique_jpeg() -> bytes:
    """Return a unique JPEG, with a random comment."""
    data = samples.jpeg()
    salt = os.urandom(16)
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(salt) + 2) + salt + data[2:]


@pytest.mark.parametrize("sent", INCOMPLETE_REQUESTS.values(), ids=INCOMPLETE_REQUESTS)
def test_200_incomplete_requests_do_not_block_others(server: Serve, key: str, sent: bytes) -> None:
    with connections(server.port, sent.replace(b"KEY", key.encode())):
        files = {"file": ("a.jpg", unique_jpeg(), "image/jpeg")}
        started = time.monotonic()
        asset = httpx.post(f"{server.url}/assets", files=files, headers={"x-api-key": key}, timeout=30)
        read = httpx.get(asset.raise_for_status().json()["image_url"], timeout=30)
        assert read.status_code == 200
        assert time.monotonic() - started < 30


def test_headers_sent_byte_by_byte_are_read(server: Serve) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert connection.makefile("rb").readline().split()[1] == b"200"


Send = Callable[[httpx.AsyncClient, bytes], Awaitable[httpx.Response]]


async def krea(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await http.post("/assets", files={"file": ("a.jpg", data)}, data={"description": "one of many"})


async def heygen_v1(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await http.post("/v1/asset", content=data, headers={"content-type": "image/jpeg"})


async def heygen_v3(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await http.post(
        "/v3/assets", files={"file": ("a.jpg", data)}, headers={"idempotency-key": os.urandom(8).hex()}
    )


async def fal(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    stored = await http.post("/files/upload", content=data, headers={"content-type": "image/jpeg"})
    wanted = {"url": stored.json().get("access_url", stored.text), "type": "image"}
    return await http.post("/v1/assets/uploads", json=wanted)


async def fal_put(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    initiated = await http.post("/storage/upload/initiate", json={"content_type": "image/jpeg", "file_name": "a.jpg"})
    return await http.put(initiated.json().get("upload_url", initiated.text), content=data)


ENDPOINTS: tuple[Send, ...] = (krea, heygen_v1, heygen_v3, fal, fal_put)


@pytest.fixture
async def clients(server: Serve, key: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client for each upload; a shared client would spend its time on its connection pool."""
    tls = ssl.create_default_context()
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=server.url, headers={"x-api-key": key}, timeout=60, verify=tls)
            )
            for _ in range(300)
        ]


async def test_300_concurrent_uploads_through_all_endpoints_succeed(clients: list[httpx.AsyncClient]) -> None:
    pictures = [unique_jpeg() for _ in clients]
    started = time.perf_counter()
    turns = zip(clients, itertools.cycle(ENDPOINTS), pictures, strict=False)
    parse_responses = await asyncio.gather(*(endpoint(http, data) for http, endpoint, data in turns))
    print(f"{len(clients) / (time.perf_counter() - started):.0f} uploads/s")
    refused = [
        (answer.request.url.path, answer.status_code, answer.text) for answer in parse_responses if answer.is_error
    ]
    assert not refused, refused[:5]


def test_200_unauthorized_uploads_leave_server_ready(server: Serve) -> None:
    head = b"POST /assets HTTP/1.1\r\nHost: x\r\nX-API-KEY: bad\r\nContent-Length: 99999999999\r\n\r\n"
    with connections(server.port, head + bytes(1000)):
        assert httpx.get(f"{server.url}/readyz", timeout=30).status_code == 200
