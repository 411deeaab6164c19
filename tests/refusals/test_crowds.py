"""Many at once: the slow do not keep out the others, and nobody is turned away."""

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

IDLE = {
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
def connections(port: int, said: bytes, count: int = 200) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            connection.sendall(said)
        yield


def picture() -> bytes:
    """A JPEG that nobody has sent before: its comment is random."""
    data = samples.jpeg()
    salt = os.urandom(16)
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(salt) + 2) + salt + data[2:]


@pytest.mark.parametrize("said", IDLE.values(), ids=IDLE)
def test_two_hundred_that_stop_half_way_keep_nobody_out(server: Serve, key: str, said: bytes) -> None:
    with connections(server.port, said.replace(b"KEY", key.encode())):
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        began = time.monotonic()
        asset = httpx.post(f"{server.url}/assets", files=files, headers={"x-api-key": key}, timeout=30)
        read = httpx.get(asset.raise_for_status().json()["image_url"], timeout=30)
        assert read.status_code == 200
        assert time.monotonic() - began < 30


def test_headers_that_come_drop_by_drop_are_read(server: Serve) -> None:
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
    promised = await http.post("/storage/upload/initiate", json={"content_type": "image/jpeg", "file_name": "a.jpg"})
    return await http.put(promised.json().get("upload_url", promised.text), content=data)


DOORS: tuple[Send, ...] = (krea, heygen_v1, heygen_v3, fal, fal_put)


@pytest.fixture
async def many(server: Serve, key: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client for each: one for all would spend its time on choosing connections."""
    tls = ssl.create_default_context()
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=server.url, headers={"x-api-key": key}, timeout=60, verify=tls)
            )
            for _ in range(300)
        ]


async def test_three_hundred_at_once_through_all_doors_are_all_let_in(many: list[httpx.AsyncClient]) -> None:
    pictures = [picture() for _ in many]
    began = time.perf_counter()
    turns = zip(many, itertools.cycle(DOORS), pictures, strict=False)
    answers = await asyncio.gather(*(endpoint(http, data) for http, endpoint, data in turns))
    print(f"{len(many) / (time.perf_counter() - began):.0f} uploads/s")
    refused = [(answer.request.url.path, answer.status_code, answer.text) for answer in answers if answer.is_error]
    assert not refused, refused[:5]


def test_a_crowd_without_keys_is_turned_away_and_the_server_stays(server: Serve) -> None:
    head = b"POST /assets HTTP/1.1\r\nHost: x\r\nX-API-KEY: bad\r\nContent-Length: 99999999999\r\n\r\n"
    with connections(server.port, head + bytes(1000)):
        assert httpx.get(f"{server.url}/readyz", timeout=30).status_code == 200
