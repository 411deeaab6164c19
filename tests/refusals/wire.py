"""Requests as bytes, and everything the server says to them."""

import re
import socket
import time
from collections.abc import Mapping

OUTER, SMUGGLED = "outer", "smuggled"
AFTER = f"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: {SMUGGLED}\r\n\r\n".encode()
"""A request of its own, where one may stand; a smuggled one, where it was to be part of a body."""
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n"
"""The same, after which the server hangs up: its answer is the end of the conversation."""


def post(path: str, key: str, headers: Mapping[str, str] | str) -> bytes:
    """The head of an upload; headers given as text go as they are."""
    text = headers if isinstance(headers, str) else "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-KEY: {key}\r\nContent-Type: image/png\r\n"
    return f"{lines}X-Request-Id: {OUTER}\r\n{text}\r\n".encode("latin-1")


def converse(port: int, *pieces: bytes, pause: float = 0.1, seconds: float = 60) -> bytes:
    """Sends the pieces, a moment between them, and reads until the server hangs up."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for number, piece in enumerate(pieces):
                time.sleep(pause if number else 0)
                connection.sendall(piece)
            while got := connection.recv(65536):
                said += got
        except ConnectionError:
            pass  # the server hung up on what came after its answer
    return said


def answers(said: bytes) -> list[tuple[int, str]]:
    """Status and request id of each answer; no id where the server itself refused the bytes."""
    found = []
    for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", said)[1:]:
        id_ = re.search(rb"(?i)x-request-id: (\S+)", part)
        found.append((int(part[9:12]), id_.group(1).decode() if id_ else ""))
    return found
