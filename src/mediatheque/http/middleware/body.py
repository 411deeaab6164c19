"""Receiving a request body: time limits, a check for completeness, and draining before an early response.

Facts about Granian 2.8 that this rests on (measured): a body that ends early is reported as `http.disconnect`, not as
an exception; there is no time limit on a body; with Transfer-Encoding present Content-Length is hidden; and a response
that is sent while the client still writes reaches some clients only as a broken pipe.
"""

import asyncio
import time
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from mediatheque.errors import BodyIncomplete, BodyTooSlow, LibraryError, Malformed
from mediatheque.http.asgi import MAX_CONTENT_LENGTH, Headers, Message, Receive, content_length


class BodyConfig(Struct, frozen=True, kw_only=True):
    """Limits on receiving a request body."""

    body_idle_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """Longest wait for the next bytes of a request body."""
    body_grace_seconds: Annotated[float, Meta(ge=0)] = 30.0
    """Time spent waiting for a body before `body_min_rate` is enforced."""
    body_min_rate: Annotated[int, Meta(ge=0)] = 1024
    """Lowest average rate of a body after that time, in bytes per second of waiting; 0 for no limit."""
    drain_bytes: Annotated[int, Meta(ge=0)] = 128 * 1024 * 1024
    """Largest unread body that is read and discarded so that the client can receive an early response."""
    drain_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """Longest time spent on that."""


class Framing(NamedTuple):
    """How the headers delimit the request's body. `error` says why they are invalid, if they are."""

    content_length: int | None
    expects_continue: bool = False
    error: str | None = None

    @classmethod
    def of(cls, headers: Headers) -> "Framing | None":
        """Return the framing; None when the headers announce no body (RFC 9112 section 6.3)."""
        headers = tuple(headers)
        has_length = any(name == b"content-length" for name, _ in headers)
        codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
        if not has_length and not codings:
            return None
        continues = any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)
        if has_length and codings:
            return cls(None, continues, "Content-Length and Transfer-Encoding exclude each other.")
        if codings:
            # The server decodes chunked and passes every other coding on undecoded.
            return cls(None, continues, None if codings == [b"chunked"] else "Only chunked Transfer-Encoding is read.")
        try:
            declared = content_length(headers)
        except Malformed as error:
            return cls(None, continues, error.message)
        if declared == MAX_CONTENT_LENGTH:
            return cls(None, continues, "Content-Length is not one whole number.")
        return cls(declared, continues)


class RequestBody:
    """One request body. `receive` replaces the server's `receive` for the application.

    It raises `Malformed` (invalid framing), `BodyTooSlow` or `BodyIncomplete`, and the same error on each later call.
    """

    __slots__ = ("_config", "_error", "_framing", "_read", "_receive", "_waited_seconds", "ended", "received")

    def __init__(self, framing: Framing, receive: Receive, config: BodyConfig) -> None:
        self._framing = framing
        self._receive = receive
        self._config = config
        self._read = False
        self._waited_seconds = 0.0
        self._error: LibraryError | None = Malformed(framing.error) if framing.error else None
        self.received = 0
        self.ended = framing.content_length == 0

    async def receive(self) -> Message:
        """Return the next message of the body; after its end, the server's next message, whatever that is."""
        if self.ended:
            return await self._receive()
        self._read = True
        if self._error is None:
            try:
                return await self._receive_next()
            except LibraryError as error:
                self._error = error.with_traceback(None)
        raise self._error

    async def drain(self) -> bool:
        """Read and discard the rest of the body, within limits, before a response is sent.

        Returns True when the connection must be closed after the response. Nothing is read from a client that waits
        for `100 Continue` and did not get it: it has not sent a body, and reading would make the server ask for it.
        """
        if self.ended or (self._framing.expects_continue and not self._read):
            return False
        if self._error is not None:
            return True
        declared = self._framing.content_length
        if declared is not None and declared - self.received > self._config.drain_bytes:
            return True
        return not await self._read_to_end()

    def detach(self) -> None:
        """Drop the server's `receive`. Granian keeps the connection open as long as it is referenced."""
        self._receive = _disconnected
        self._error = None

    async def _receive_next(self) -> Message:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.body_idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(f"No byte of the body arrived for {self._config.body_idle_seconds:g} s.") from None
        self._waited_seconds += time.monotonic() - started
        self._count(message)
        late = self._waited_seconds - self._config.body_grace_seconds
        if not self.ended and late > 0 and self.received < late * self._config.body_min_rate:
            raise BodyTooSlow("The body arrives too slowly.")
        return message

    def _count(self, message: Message) -> None:
        """Count the bytes of a message. Raises BodyIncomplete when the client disconnected before the end."""
        if message["type"] != "http.request":
            raise BodyIncomplete
        self.received += len(message.get("body", b""))
        if not message.get("more_body", False):
            if self._framing.content_length is not None and self.received < self._framing.content_length:
                raise BodyIncomplete
            self.ended = True

    async def _read_to_end(self) -> bool:
        """Discard the rest of the body. Returns whether its end was reached within the limits."""
        last = self.received + self._config.drain_bytes
        try:
            async with asyncio.timeout(self._config.drain_seconds):
                while not self.ended and self.received <= last:
                    self._count(await self._receive())
        except (TimeoutError, BodyIncomplete):
            return False
        return self.ended


async def _disconnected() -> Message:
    return {"type": "http.disconnect"}
