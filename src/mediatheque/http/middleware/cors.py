"""Cross-origin requests: which origins' pages may send requests and read the responses.

Implements the CORS protocol of the Fetch standard (https://fetch.spec.whatwg.org/#http-cors-protocol). Not Litestar's
middleware, because that works only inside its application, while RequestMiddleware and FastPath respond outside of it.
API keys are headers that a page sets itself, so credentials that a browser adds by itself are never allowed.
"""

import re
from collections.abc import Awaitable

import msgspec

from mediatheque.http.asgi import App, Message, RawHeaders, Receive, Scope, Send
from mediatheque.http.send import send_empty

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = (
    b"ETag, X-Request-Id, Retry-After, Content-Range, Accept-Ranges, Content-Disposition, Idempotent-Replayed, "
    b"Location, RateLimit, RateLimit-Policy"
)
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/?#\s,A-Z]+")
_VARY_ORIGIN = (b"vary", b"Origin")
_VARY_PREFLIGHT = (b"vary", b"Access-Control-Request-Method, Access-Control-Request-Headers")


class CorsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the CORS middleware."""

    origins: tuple[str, ...] = ("*",)
    """Origins whose pages may use this server, as browsers send them (`https://app.example`); `*` for every origin."""
    max_age: int = 7200
    """Seconds for which a browser may cache the result of a preflight."""

    def __post_init__(self) -> None:
        """Refuse an entry that no browser can send as an origin, since it would never match."""
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"origins: {origin!r} is not an origin such as https://app.example")
        if self.max_age < 0:
            raise ValueError(f"max_age: must be at least 0, not {self.max_age}")


class CorsMiddleware:
    """The outermost middleware: responds to preflights, and adds CORS headers to every response of `app`."""

    def __init__(self, app: App, config: CorsConfig) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in config.origins)
        self._any_origin_headers = _allow_headers(b"*") if b"*" in self._origins else None
        self._max_age = str(config.max_age).encode()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Respond to a preflight; pass any other request on."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if scope["method"] == "OPTIONS" and _is_preflight(scope):
            return send_empty(send, 204, self._preflight_headers(scope))
        cors_headers = self.response_headers(scope)

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message = {**message, "headers": (*message["headers"], *cors_headers)}
            return send(message)

        return self._app(scope, receive, send_with_headers)

    def response_headers(self, scope: Scope) -> RawHeaders:
        """Return the headers that the protocol adds to a response."""
        return self._any_origin_headers or self._listed_origin_headers(scope)

    def _listed_origin_headers(self, scope: Scope) -> RawHeaders:
        """Return the headers of a response when the settings list origins."""
        origin = _header(scope, b"origin")
        return (_VARY_ORIGIN, *_allow_headers(origin)) if origin in self._origins else (_VARY_ORIGIN,)

    def _preflight_headers(self, scope: Scope) -> RawHeaders:
        """Allow every method and the requested headers. Private network access is not granted."""
        headers = self._any_origin_headers or (*self._listed_origin_headers(scope), _VARY_PREFLIGHT)
        if not self._any_origin_headers and _header(scope, b"origin") not in self._origins:
            return headers
        return (
            *headers,
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _header(scope, b"access-control-request-headers")),
            (b"access-control-max-age", self._max_age),
        )


def _allow_headers(origin: bytes) -> RawHeaders:
    return ((b"access-control-allow-origin", origin), (b"access-control-expose-headers", _EXPOSED_HEADERS))


def _is_preflight(scope: Scope) -> bool:
    return bool(_header(scope, b"origin") and _header(scope, b"access-control-request-method"))


def _header(scope: Scope, name: bytes) -> bytes:
    """Return the header's value, empty if it is missing."""
    return next((bytes(value) for found, value in scope["headers"] if found == name), b"")
