"""Requests written by hand, piece by piece, so that they can stop half way or lie about their length."""

import http.client
import io
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import msgspec

BOUNDARY = "----durability"


class Answer(msgspec.Struct, frozen=True):
    """A whole answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to a server on loopback."""

    def __init__(self, port: int, *, seconds: float = 60) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def begin(self, method: str, path: str, headers: Mapping[str, str | int]) -> Self:
        """Send the request's head."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "host: 127.0.0.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def end_of_sending(self) -> Self:
        """No more bytes will come, but the answer is awaited."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self) -> Answer | None:
        """None when the server hung up without one."""
        response = http.client.HTTPResponse(self.socket)
        try:
            response.begin()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            response.close()

    def hang_up(self) -> None:
        """At once, with a reset where bytes are unread."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()


def form(data: bytes, name: str = "picture.jpg") -> bytes:
    """A multipart body with the one part `file`."""
    out = io.BytesIO()
    out.write(f"--{BOUNDARY}\r\ncontent-disposition: form-data; name=file; filename={name}\r\n".encode())
    out.write(b"content-type: image/jpeg\r\n\r\n" + data + f"\r\n--{BOUNDARY}--\r\n".encode())
    return out.getvalue()


FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
