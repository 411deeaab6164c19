"""HTTP over plain sockets, for malformed requests."""

import socket
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any

import httpx

Answer = httpx.Response
LAST_CHUNK = b"0\r\n\r\n"


def head(method: str, path: str, headers: Mapping[str, str], length: int | None) -> bytes:
    """Build the head of a request with a body of `length` bytes, None for chunked. Given headers override."""
    framing = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
    given = {**framing, "Host": "127.0.0.1", "Connection": "close", **{k: v for k, v in headers.items() if v}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Encode one chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def exchange(port: int, *pieces: bytes, hang_up: bool = False, seconds: float = 60) -> Answer | None:
    """Send the pieces and read the answer; None if there is none or the client hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if hang_up:
            return None
        return read(connection)


def read(connection: socket.socket) -> Answer | None:
    """Read the next answer; None if the connection was closed without one."""
    response = HTTPResponse(connection)
    try:
        response.begin()
        content = response.read()
    except (ConnectionError, OSError, ValueError):
        return None
    headers: Any = response.getheaders()
    return httpx.Response(response.status, headers=headers, content=content)


def everything(port: int, *pieces: bytes, seconds: float = 60) -> bytes:
    """Send the pieces and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(b"".join(pieces))
        said = b""
        while piece := connection.recv(65536):
            said += piece
        return said
