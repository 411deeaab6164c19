"""The HTTP client of the load generator: blocking sockets and prepared bytes, the same for every server.

Python's HTTP clients copy and parse more than some of the servers under test do, so on a small machine they would
be what is measured. This one passes prepared buffers to the kernel and reads only what it needs of the response.
"""

import contextlib
import socket
from collections.abc import Sequence
from typing import NamedTuple

Buffer = bytes | memoryview


class Endpoint(NamedTuple):
    """The request that uploads one file: everything but the file's bytes."""

    method: str
    path: str
    headers: dict[str, str]
    prefix: bytes = b""
    suffix: bytes = b""


class Response(NamedTuple):
    status: int
    body: bytes


class RefusedError(Exception):
    """A server answered with a status other than 2xx."""


def put(path: str, mime: str, headers: dict[str, str] | None = None, method: str = "PUT") -> Endpoint:
    """Return an endpoint that takes the file as the request body."""
    return Endpoint(method, path, {"Content-Type": mime, **(headers or {})})


def form(path: str, field: str, name: str, mime: str, headers: dict[str, str] | None = None) -> Endpoint:
    """Return an endpoint that takes the file as one part of a multipart/form-data body."""
    boundary = "----mediatheque-bench-7MA4YWxkTrZu0gW"
    prefix = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    content_type = f"multipart/form-data; boundary={boundary}"
    suffix = f"\r\n--{boundary}--\r\n"
    return Endpoint("POST", path, {"Content-Type": content_type, **(headers or {})}, prefix.encode(), suffix.encode())


class Connection:
    """One keep-alive connection to a server on loopback. It reconnects when the server has closed it."""

    def __init__(self, port: int, timeout: float = 120) -> None:
        self.port, self.timeout = port, timeout
        self.socket: socket.socket | None = None
        self.received = bytearray()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket = None

    def upload(self, endpoint: Endpoint, parts: Sequence[Buffer]) -> Response:
        """Send one file. Raises `RefusedError` for any status but 2xx."""
        length = len(endpoint.prefix) + sum(len(p) for p in parts) + len(endpoint.suffix)
        head = _head(endpoint.method, endpoint.path, {**endpoint.headers, "Content-Length": str(length)})
        return self._send_request(head + endpoint.prefix, [*parts, endpoint.suffix])

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Response:
        """Send any other request. Raises `RefusedError` for any status but 2xx."""
        length = {"Content-Length": str(len(body))} if body else {}
        return self._send_request(_head(method, path, {**(headers or {}), **length}) + body, [])

    def _send_request(self, head: bytes, parts: list[Buffer]) -> Response:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.received.clear()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early: read the response
            _send_all(self.socket, [head, *parts])
        answer = self._read_response()
        if not 200 <= answer.status < 300:
            raise RefusedError(f"{answer.status}: {answer.body[:300]!r}")
        return answer

    def _read_response(self) -> Response:
        head, _, _ = bytes(self._read_until(b"\r\n\r\n")).partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunked()
        else:
            body = self._read_exactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close" or status_line.startswith("HTTP/1.0"):
            self.close()
        return Response(int(status_line.split()[1]), body)

    def _read_chunked(self) -> bytes:
        body = b""
        while size := int(self._read_until(b"\r\n").split(b";")[0], 16):
            body += self._read_exactly(size)
            self._read_until(b"\r\n")
        self._read_until(b"\r\n")
        return body

    def _read_until(self, end: bytes) -> bytes:
        while (at := self.received.find(end)) < 0:
            self._receive()
        return self._read_exactly(at + len(end))

    def _read_exactly(self, size: int) -> bytes:
        while len(self.received) < size:
            self._receive()
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def _receive(self) -> None:
        assert self.socket
        data = self.socket.recv(65536)
        if not data:
            self.close()
            raise RefusedError("the server closed the connection without an answer")
        self.received += data


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


def _send_all(to: socket.socket, parts: list[Buffer]) -> None:
    """Send with one gathering write, which suffices for small files, then send what the kernel did not take."""
    sent = to.sendmsg(parts)
    for part in parts:
        if sent < len(part):
            to.sendall(memoryview(part)[sent:])
        sent = max(0, sent - len(part))
