"""A request body on its way in: bounded in time, complete or an error, and read on before an early answer.

Facts about Granian 2.8 that this rests on (measured): a body that ends early is `http.disconnect` and no
exception; there is no time limit on a body; with Transfer-Encoding present it hides Content-Length; and an
answer sent while the client still writes reaches some clients only as a broken pipe.
"""

import asyncio
import time
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from mediatheque.errors import BodyIncomplete, BodyTooSlow, LibraryError, Malformed
from mediatheque.http.asgi import MAX_CONTENT_LENGTH, Headers, Message, Receive, content_length


class BodyConfig(Struct, frozen=True, kw_only=True):
    """How long and how far a request body is waited for."""

    body_idle_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """Longest wait for the next bytes of a request body."""
    body_grace_seconds: Annotated[float, Meta(ge=0)] = 30.0
    """Time spent waiting for a body after which `body_min_rate` is asked of it."""
    body_min_rate: Annotated[int, Meta(ge=0)] = 1024
    """Slowest average of a body after the grace, in bytes per second of waiting; 0 asks for none."""
    drain_bytes: Annotated[int, Meta(ge=0)] = 128 * 1024 * 1024
    """How much of an unread body is read and dropped so that the client can read an early answer."""
    drain_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """How long that may take."""


class Framing(NamedTuple):
    """What the request's headers say about its body. `declared` is Content-Length in bytes."""

    content_length: int | None
    expects_continue: bool = False
    error: str | None = None

    @classmethod
    def of(cls, headers: Headers) -> "Framing | None":
        """`None` when the headers announce no body (RFC 9112 section 6.3)."""
        headers = tuple(headers)
        has_length = any(name == b"content-length" for name, _ in headers)
        codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
        if not has_length and not codings:
            return None
        continues = any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)
        if has_length and codings:
            return cls(None, continues, "Content-Length and Transfer-Encoding exclude each other.")
        if codings:
            # The server takes the chunks apart and leaves every other coding in the bytes.
            return cls(None, continues, None if codings == [b"chunked"] else "Only chunked Transfer-Encoding is read.")
        try:
            declared = content_length(headers)
        except Malformed as error:
            return cls(None, continues, error.message)
        if declared == MAX_CONTENT_LENGTH:
            return cls(None, continues, "Content-Length is not one whole number.")
        return cls(declared, continues)


class RequestBody:
    """One request body. `receive` is what the application is given in place of the server's.

    Raises into the application: `Malformed` (the framing), `BodyTooSlow`, `BodyIncomplete`; and the same
    again when it is asked again.
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
        """The next message of the body; once it has ended, whatever the server says."""
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
        """Called before the answer is sent: reads what is still coming, within limits.

        True when the connection cannot be used again afterwards. A client that waits for `100 Continue` and
        was not told to go on has sent nothing and is not asked to.
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
        """Forgets the server's side. Granian keeps the connection open for as long as anything holds its receive."""
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
        """Takes a message into the books. Raises BodyIncomplete when it says that no more will come."""
        if message["type"] != "http.request":
            raise BodyIncomplete
        self.received += len(message.get("body", b""))
        if not message.get("more_body", False):
            if self._framing.content_length is not None and self.received < self._framing.content_length:
                raise BodyIncomplete
            self.ended = True

    async def _read_to_end(self) -> bool:
        """True when the end of the body was reached within the limits."""
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
