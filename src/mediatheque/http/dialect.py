"""What every dialect gives, and what it gets for it: one voice, in which all of its errors are said."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, Guard

from mediatheque import errors
from mediatheque.errors import LibraryError
from mediatheque.http.context import context_of

_log = structlog.get_logger()


class ErrorMapping(msgspec.Struct, frozen=True):
    """How one meaning is said: an HTTP status and the vendor's own code for it."""

    status: int
    code: str | int = ""


DEFAULT_MAPPING: Mapping[type[LibraryError], ErrorMapping] = {
    errors.Malformed: ErrorMapping(400),
    errors.BodyTooSlow: ErrorMapping(408),
    errors.Invalid: ErrorMapping(422),
    errors.Unacceptable: ErrorMapping(422),
    errors.TooLarge: ErrorMapping(413),
    errors.UnsupportedKind: ErrorMapping(415),
    errors.NotFound: ErrorMapping(404),
    errors.MethodNotAllowed: ErrorMapping(405),
    errors.Conflict: ErrorMapping(409),
    errors.KeyRefused: ErrorMapping(401),
    errors.Forbidden: ErrorMapping(403),
    errors.RateLimited: ErrorMapping(429),
    errors.StorageFull: ErrorMapping(507),
    errors.Unavailable: ErrorMapping(503),
    errors.LibraryError: ErrorMapping(500),
}
"""What HTTP itself would say, for dialects without codes of their own; they name what they say otherwise."""


class ErrorContext(msgspec.Struct, frozen=True):
    """The request that is refused: its id, and the server's own address, which is empty if the request has none."""

    request_id: str
    base: str = ""


class ErrorFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect's way of saying no: a table from meaning to answer, and the shape of the body.

    The most specific class in the table wins; `LibraryError` itself must be there and stands for our own faults.
    `prefixes`, of one or two segments each, are where even requests that no route takes are answered in this voice.
    """

    name: str
    prefixes: tuple[str, ...]
    table: Mapping[type[LibraryError], ErrorMapping]
    shape: Callable[[LibraryError, ErrorMapping, ErrorContext], Any]
    content_type: str = "application/json"

    def render(self, error: LibraryError, occasion: ErrorContext) -> Response[bytes]:
        """The complete response for the error."""
        answer = next(self.table[kind] for kind in type(error).__mro__ if kind in self.table)
        headers = {}
        if isinstance(error, errors.RateLimited):
            headers["Retry-After"] = str(error.retry_after)
        elif isinstance(error, errors.Unavailable | errors.InProgress):
            headers["Retry-After"] = "1"
        elif isinstance(error, errors.KeyRefused):
            headers["WWW-Authenticate"] = "Bearer"
        body = msgspec.json.encode(self.shape(error, answer, occasion))
        return Response(body, status_code=answer.status, headers=headers, media_type=self.content_type)

    def handle(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Litestar's exception handler: any exception, in this voice."""
        response = self.render(to_library_error(error), error_context(request))
        if isinstance(error, HTTPException) and (allowed := (error.headers or {}).get("allow")):
            response.headers["Allow"] = allowed  # owed with every 405 (RFC 9110 section 15.5.6)
        return response


class Fault(LibraryError):
    """An internal error occurred."""


def to_library_error(error: Exception) -> LibraryError:
    """The framework's exceptions in our words. Whatever we did not foresee is our own fault, and is logged."""
    if isinstance(error, LibraryError):
        if isinstance(error, errors.Unavailable | errors.StorageFull):
            _log.error("request not served", reason=error.message, exc_info=error.__cause__)
        return error
    if isinstance(error, HTTPException):
        known = _FRAMEWORK.get(error.status_code)
        if known:
            return known(error.detail)
    _log.error("unexpected error", exc_info=error)
    return Fault()


_FRAMEWORK: dict[int, Callable[[str], LibraryError]] = {
    400: errors.Malformed,
    404: lambda _: errors.NotFound(),
    405: lambda _: errors.MethodNotAllowed(),
    413: lambda _: errors.Malformed("The request body is too large."),
    415: errors.Malformed,
}


def error_context(request: Request[Any, Any, Any]) -> ErrorContext:
    """What the gate and the Host header tell of the request."""
    try:
        base = context_of(request).origins.base(request)
    except errors.Malformed:
        base = ""
    return ErrorContext(str(request.scope["state"].get("request_id", "")), base)


def router(
    error_format: ErrorFormat,
    routes: Sequence[ControllerRouterHandler],
    *,
    path: str = "/",
    guards: Sequence[Guard] = (),
) -> Router:
    """The dialect's routes, speaking in its voice."""
    return Router(
        path=path,
        route_handlers=list(routes),
        guards=list(guards),
        exception_handlers={Exception: error_format.handle, HTTPException: error_format.handle},
    )
