"""Requests written byte by byte, so that they can stop half way or declare a wrong length."""

import http.client
import io
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import msgspec

BOUNDARY = "----durability"


class Response(msgspec.Struct, frozen=True):
    """A complete response."""

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

    def shut_down_sending(self) -> Self:
        """Close the sending side only; the response can still be read."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def response(self) -> Response | None:
        """Return the response; None if the server closed the connection without one."""
        response = http.client.HTTPResponse(self.socket)
        try:
            response.begin()
            return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            response.close()

    def close(self) -> None:
        """Close the connection; the kernel sends a reset if bytes are unread."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def form(data: bytes, name: str = "picture.jpg") -> bytes:
    """Return a multipart body with one part, `file`."""
    out = io.BytesIO()
    out.write(f"--{BOUNDARY}\r\ncontent-disposition: form-data; name=file; filename={name}\r\n".encode())
    out.write(b"content-type: image/jpeg\r\n\r\n" + data + f"\r\n--{BOUNDARY}--\r\n".encode())
    return out.getvalue()


FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
