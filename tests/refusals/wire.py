"""Sending requests as bytes and reading all responses."""

import re
import socket
import time
from collections.abc import Mapping

OUTER, SMUGGLED = "outer", "smuggled"
AFTER = f"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: {SMUGGLED}\r\n\r\n".encode()
"""A request of its own; a smuggled one if it was sent as part of a body."""
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n"
"""The same, after which the server closes the connection."""


def post(path: str, key: str, headers: Mapping[str, str] | str) -> bytes:
    """Return the head of an upload; headers given as text are sent unchanged."""
    text = headers if isinstance(headers, str) else "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-KEY: {key}\r\nContent-Type: image/png\r\n"
    return f"{lines}X-Request-Id: {OUTER}\r\n{text}\r\n".encode("latin-1")


def exchange(port: int, *chunks: bytes, pause: float = 0.1, seconds: float = 60) -> bytes:
    """Send the chunks with a pause between them, and read until the server closes the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for number, chunk in enumerate(chunks):
                time.sleep(pause if number else 0)
                connection.sendall(chunk)
            while got := connection.recv(65536):
                received += got
        except ConnectionError:
            pass  # the server closed the connection after its response
    return received


def parse_responses(received: bytes) -> list[tuple[int, str]]:
    """Return status and request id of each response; the id is empty if the HTTP server refused the bytes."""
    found = []
    for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", received)[1:]:
        id_ = re.search(rb"(?i)x-request-id: (\S+)", part)
        found.append((int(part[9:12]), id_.group(1).decode() if id_ else ""))
    return found
