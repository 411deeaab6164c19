"""The load generator's HTTP: blocking sockets, bytes built beforehand, the same for every server.

Python's own HTTP clients copy and parse more than some of the servers under test do; on a small machine that
would measure the client. This one hands prepared buffers to the kernel and reads just enough of the answer.
"""

import contextlib
import socket
from collections.abc import Sequence
from typing import NamedTuple

Buffer = bytes | memoryview


class Endpoint(NamedTuple):
    """How one file enters a server: the request around its bytes."""

    method: str
    path: str
    headers: dict[str, str]
    prefix: bytes = b""
    suffix: bytes = b""


class Answer(NamedTuple):
    status: int
    body: bytes


class RefusedError(Exception):
    """A server answered something else than 2xx."""


def put(path: str, mime: str, headers: dict[str, str] | None = None, method: str = "PUT") -> Endpoint:
    """The file is the request body."""
    return Endpoint(method, path, {"Content-Type": mime, **(headers or {})})


def form(path: str, field: str, name: str, mime: str, headers: dict[str, str] | None = None) -> Endpoint:
    """The file is one part of a multipart/form-data body."""
    boundary = "----mediatheque-bench-7MA4YWxkTrZu0gW"
    prefix = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    content_type = f"multipart/form-data; boundary={boundary}"
    suffix = f"\r\n--{boundary}--\r\n"
    return Endpoint("POST", path, {"Content-Type": content_type, **(headers or {})}, prefix.encode(), suffix.encode())


class Connection:
    """One keep-alive connection to a server on loopback; reconnects when the server closed it."""

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

    def upload(self, endpoint: Endpoint, parts: Sequence[Buffer]) -> Answer:
        """Sends one file; anything but 2xx raises."""
        length = len(endpoint.prefix) + sum(len(p) for p in parts) + len(endpoint.suffix)
        head = _head(endpoint.method, endpoint.path, {**endpoint.headers, "Content-Length": str(length)})
        return self._exchange(head + endpoint.prefix, [*parts, endpoint.suffix])

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """Any other request; anything but 2xx raises."""
        length = {"Content-Length": str(len(body))} if body else {}
        return self._exchange(_head(method, path, {**(headers or {}), **length}) + body, [])

    def _exchange(self, head: bytes, parts: list[Buffer]) -> Answer:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), self.timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.received.clear()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # an early refusal: read it
            _send(self.socket, [head, *parts])
        answer = self._answer()
        if not 200 <= answer.status < 300:
            raise RefusedError(f"{answer.status}: {answer.body[:300]!r}")
        return answer

    def _answer(self) -> Answer:
        head, _, _ = bytes(self._until(b"\r\n\r\n")).partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = self._exactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close" or status_line.startswith("HTTP/1.0"):
            self.close()
        return Answer(int(status_line.split()[1]), body)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, end: bytes) -> bytes:
        while (at := self.received.find(end)) < 0:
            self._more()
        return self._exactly(at + len(end))

    def _exactly(self, size: int) -> bytes:
        while len(self.received) < size:
            self._more()
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def _more(self) -> None:
        assert self.socket
        data = self.socket.recv(65536)
        if not data:
            self.close()
            raise RefusedError("the server closed the connection without an answer")
        self.received += data


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


def _send(to: socket.socket, parts: list[Buffer]) -> None:
    """One gathering write where it suffices (small files), then whatever the kernel did not take."""
    sent = to.sendmsg(parts)
    for part in parts:
        if sent < len(part):
            to.sendall(memoryview(part)[sent:])
        sent = max(0, sent - len(part))
