"""Types of the ASGI protocol (https://asgi.readthedocs.io/en/latest/specs/www.html).

Loosely typed on purpose: the framework's types know neither the servers' extensions (pathsend) nor `state`, and every
step would need a cast.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from mediatheque.errors import Malformed

Scope = Any
"""A connection's properties: a dict with string keys."""
Message = Any
"""One event of a connection: a dict with a `type`."""
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Any, Any], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
"""Header fields; names in lower case, as ASGI requires."""
RawHeaders = tuple[tuple[bytes, bytes], ...]
"""The same, immutable."""

_ADDED = "response_headers"

MAX_CONTENT_LENGTH = 10**18
"""Larger numbers count as this one: no body is as long, and `int` refuses numbers of thousands of digits."""


def add_headers(scope: Scope, headers: RawHeaders) -> None:
    """Add header fields to the response, whatever it will be. RequestMiddleware sends them."""
    state = scope["state"]
    state[_ADDED] = (*state.get(_ADDED, ()), *headers)


def added_headers(state: Mapping[str, Any]) -> RawHeaders:
    """Return the header fields that were added to the response of a request with this state."""
    headers: RawHeaders = state.get(_ADDED, ())
    return headers


def content_length(headers: Headers) -> int | None:
    """Return Content-Length in bytes, None where there is no such header.

    Raises `Malformed` unless it is one whole number (RFC 9110 section 8.6).
    """
    values = [value for name, value in headers if name == b"content-length"]
    if not values:
        return None
    if len(values) > 1 or not values[0].isdigit():
        raise Malformed("Content-Length is not one whole number.")
    digits = values[0].lstrip(b"0") or b"0"
    return int(digits) if len(digits) < len(str(MAX_CONTENT_LENGTH)) else MAX_CONTENT_LENGTH


def header_text(value: str) -> str:
    """Decode a header's value, which was read as Latin-1, as UTF-8; keep the Latin-1 if it is not UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
