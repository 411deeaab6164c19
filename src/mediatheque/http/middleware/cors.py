"""Which pages of other origins may read our answers, and send requests that no form could.

By the CORS protocol of the Fetch standard (https://fetch.spec.whatwg.org/#http-cors-protocol). Written by hand because
Litestar's middleware works only inside its application, and RequestMiddleware and FastPath answer outside of it. Keys
are headers that a page holds itself, so credentials that a browser adds on its own are never allowed.
"""

import re

import msgspec

from mediatheque.http.asgi import App, Message, Receive, Scope, Send
from mediatheque.http.send import send_empty

Pairs = tuple[tuple[bytes, bytes], ...]

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = (
    b"ETag, X-Request-Id, Retry-After, Content-Range, Accept-Ranges, Content-Disposition, Idempotent-Replayed, Location"
)
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/?#\s,A-Z]+")
_VARY_ORIGIN = (b"vary", b"Origin")
_VARY_PREFLIGHT = (b"vary", b"Access-Control-Request-Method, Access-Control-Request-Headers")


class CorsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of this layer."""

    origins: tuple[str, ...] = ("*",)
    """Origins whose pages may use this server, as browsers spell them (`https://app.example`); `*` for all of them."""
    max_age: int = 7200
    """Seconds for which a browser may remember that a page may."""

    def __post_init__(self) -> None:
        """An origin that no browser sends would allow nothing: say so at start."""
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"origins: {origin!r} is not an origin as https://app.example is")
        if self.max_age < 0:
            raise ValueError(f"max_age: must be at least 0, not {self.max_age}")


class CorsMiddleware:
    """Stands before everything: answers preflights, and lets the allowed origins read every answer of `app`."""

    def __init__(self, app: App, config: CorsConfig) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in config.origins)
        self._any_origin_headers = _allow_headers(b"*") if b"*" in self._origins else None
        self._max_age = str(config.max_age).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless a browser only asks whether it may send one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and _is_preflight(scope):
            await send_empty(send, 204, self._preflight_headers(scope))
            return
        told = self._any_origin_headers or self._response_headers(scope)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": (*message["headers"], *told)}
            await send(message)

        await self._app(scope, receive, telling)

    def _response_headers(self, scope: Scope) -> Pairs:
        """What an answer says where origins are named."""
        origin = _header(scope, b"origin")
        return (_VARY_ORIGIN, *_allow_headers(origin)) if origin in self._origins else (_VARY_ORIGIN,)

    def _preflight_headers(self, scope: Scope) -> Pairs:
        """Every method, and the very headers asked for. An address in a private network is not opened to the public."""
        told = self._any_origin_headers or (*self._response_headers(scope), _VARY_PREFLIGHT)
        if not self._any_origin_headers and _header(scope, b"origin") not in self._origins:
            return told
        return (
            *told,
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _header(scope, b"access-control-request-headers")),
            (b"access-control-max-age", self._max_age),
        )


def _allow_headers(origin: bytes) -> Pairs:
    return ((b"access-control-allow-origin", origin), (b"access-control-expose-headers", _EXPOSED_HEADERS))


def _is_preflight(scope: Scope) -> bool:
    return bool(_header(scope, b"origin") and _header(scope, b"access-control-request-method"))


def _header(scope: Scope, name: bytes) -> bytes:
    """The header's value; nothing where it is missing."""
    return next((bytes(value) for found, value in scope["headers"] if found == name), b"")
