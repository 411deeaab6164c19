"""The middleware between CORS and the application: request ids, limits on bodies, the access log."""

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import structlog
import uuid_utils
from structlog.contextvars import STRUCTLOG_KEY_PREFIX

from mediatheque.http.asgi import App, Headers, Message, RawHeaders, Receive, Scope, Send, added_headers
from mediatheque.http.logs import AccessLog
from mediatheque.http.middleware.body import BodyConfig, Framing, RequestBody
from mediatheque.model import current_actor

_log = structlog.get_logger()
_request_id: ContextVar[str] = ContextVar(f"{STRUCTLOG_KEY_PREFIX}request_id")
"""structlog adds every variable of this prefix to its lines. Binding it through structlog takes 8 times as long."""

OnFinish = Callable[[Scope, int, float], None]
"""Called after every request with its scope, the status of the response, and the duration in seconds."""

_RELEVANT_HEADERS = frozenset({b"x-request-id", b"content-length", b"transfer-encoding", b"expect"})
_REQUEST_ID_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")
_MAX_REQUEST_ID = 128
_CLOSE = ((b"connection", b"close"),)


class RequestConfig(BodyConfig, frozen=True, kw_only=True):
    """Settings of the request middleware."""

    access_log: bool = True
    """Write one log line for each request."""


class RequestMiddleware:
    """A wrapper of an ASGI application.

    Each request gets an id: the client's own `X-Request-Id` if that is 1 to 128 characters of `A-Za-z0-9_.:-`, else a
    UUIDv7 as hex. It is in `scope["state"]["request_id"]`, in the log context and in the headers of every response.
    """

    def __init__(self, app: App, config: RequestConfig | None = None, *, on_finish: OnFinish | None = None) -> None:
        self._app = app
        self._config = config or RequestConfig()
        self._on_finish = on_finish
        self._access_log = AccessLog() if self._config.access_log else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. An exception that the application did not render becomes a plain 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._config)
        token, nobody = _request_id.set(exchange.request_id), current_actor.set(None)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            _log.exception("request_failed", method=scope["method"], path=scope["path"])
            if exchange.status:
                raise
            await exchange.send_internal_error()
        finally:
            exchange.detach()
            received = exchange.body.received if exchange.body else 0
            sizes = received, exchange.bytes_out
            self.finish(scope, exchange.status, sizes, request_id=exchange.request_id, started=exchange.started)
            _request_id.reset(token)
            current_actor.reset(nobody)

    @staticmethod
    def new_id() -> str:
        """Return an id for a request that has none of its own: a UUIDv7 as hex."""
        return uuid_utils.uuid7().hex

    def finish(self, scope: Scope, status: int, sizes: tuple[int, int], *, request_id: str, started: float) -> None:
        """Record and log a request that has ended.

        `sizes` are the bytes of the two bodies, received and sent; `started` is by `time.perf_counter`.
        """
        seconds = time.perf_counter() - started
        if self._on_finish is not None:
            self._on_finish(scope, status, seconds)
        if self._access_log is not None:
            self._access_log.write(
                method=scope["method"],
                path=scope["path"],
                status=status,
                seconds=seconds,
                bytes_in=sizes[0],
                bytes_out=sizes[1],
                request_id=request_id,
            )


class _Exchange:
    """One request and its response. `status` is 0 until the response starts."""

    __slots__ = ("_headers", "_send", "_state", "body", "bytes_out", "receive", "request_id", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, config: BodyConfig) -> None:
        self.started = time.perf_counter()
        self.status = 0
        self.bytes_out = 0
        self._headers: RawHeaders = ()
        self._send = send
        relevant = [header for header in scope["headers"] if header[0] in _RELEVANT_HEADERS]
        framing = Framing.of(relevant) if relevant else None
        self.body = RequestBody(framing, receive, config) if framing else None
        self.receive = self.body.receive if self.body else receive
        self.request_id = _client_request_id(relevant) or RequestMiddleware.new_id()
        self._state = {**scope.get("state", {}), "request_id": self.request_id}  # shared with no other request
        scope["state"] = self._state

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on; drain the body and add the request id before the first one."""
        kind = message["type"]
        if kind == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        elif kind == "http.response.start":
            return self._start(message) if self.body is None else self._drain_and_start(message, self.body)
        elif kind == "http.response.pathsend":
            self.bytes_out = next((int(value) for name, value in self._headers if name == b"content-length"), 0)
        return self._send(message)

    async def send_internal_error(self) -> None:
        """Send a plain 500, in the format of no dialect."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"15")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"Internal error\n", "more_body": False})

    def detach(self) -> None:
        """Drop the server's `receive` and `send`; references to them would keep the connection open."""
        if self.body is not None:
            self.body.detach()
        self._send = _discard

    async def _drain_and_start(self, message: Message, body: RequestBody) -> None:
        self.status = message["status"]
        await self._start(message, _CLOSE if await body.drain() else ())

    def _start(self, message: Message, more: RawHeaders = ()) -> Awaitable[None]:
        self.status = message["status"]
        added = added_headers(self._state)
        self._headers = (*message["headers"], (b"x-request-id", self.request_id.encode()), *added, *more)
        return self._send({**message, "headers": self._headers})


async def _discard(_: Message) -> None:
    """Ignore what is sent after the end of the request."""


def _client_request_id(headers: Headers) -> str | None:
    """Return the client's request id if it is safe to put into logs and headers."""
    value = next((value for name, value in headers if name == b"x-request-id"), b"")
    is_valid = 0 < len(value) <= _MAX_REQUEST_ID and _REQUEST_ID_BYTES.issuperset(value)
    return value.decode("ascii") if is_valid else None
