"""Clients that connect and send nothing, or half a request, do not keep others out."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.http import wire
from tests.http.middleware.watched import LIMIT

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = REQUEST[:20]
KEEP_ALIVE_SECONDS = 60


@pytest.fixture
def port() -> Iterator[int]:
    options = f"--interface asgi --backpressure {LIMIT} --backlog 1024 --http1-header-read-timeout"
    with wire.serving(
        "tests.http.middleware.watched:app", *options.split(), str(KEEP_ALIVE_SECONDS * 1000)
    ) as listening:
        yield listening


def connect(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(sent)
    return connection


def test_silent_connections_are_closed_when_many_are_open(port: int) -> None:
    kept = connect(port, REQUEST)
    assert kept.recv(1000).startswith(b"HTTP/1.1 200")
    silent = [connect(port, sent) for sent in (HALF, b"") * LIMIT]  # twice as many as are accepted
    begun = time.monotonic()
    with connect(port, REQUEST) as monitor:
        assert monitor.recv(1000).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begun < KEEP_ALIVE_SECONDS - 15
    kept.sendall(REQUEST)
    assert kept.recv(1000).startswith(b"HTTP/1.1 200"), "a connection on which a request arrived stays"
    for connection in (kept, *silent):
        connection.close()


def test_few_silent_connections_are_left_alone(port: int) -> None:
    with connect(port, HALF) as half, connect(port, b"") as nothing:
        time.sleep(4)
        for connection, rest in ((half, REQUEST[len(HALF) :]), (nothing, REQUEST)):
            connection.sendall(rest)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
