"""What a dialect consists of: its routers, and the formats in which they answer errors."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ControllerRouterHandler, Guard

from mediatheque import errors
from mediatheque.errors import LibraryError
from mediatheque.http.content_encoding import refuse_content_encoding
from mediatheque.http.context import Connection, context_of
from mediatheque.http.middleware.body import Framing
from mediatheque.http.middleware.head import allow_head

_log = structlog.get_logger()


class ErrorMapping(msgspec.Struct, frozen=True):
    """What a dialect answers for one class of error: an HTTP status, and the vendor's code where it has one."""

    status: int
    code: str | int = ""


DEFAULT_MAPPING: Mapping[type[LibraryError], ErrorMapping] = {
    errors.Malformed: ErrorMapping(400),
    errors.BodyTooSlow: ErrorMapping(408),
    errors.UnsupportedEncoding: ErrorMapping(415),
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
"""The statuses of HTTP (RFC 9110). A dialect starts from these and overrides the rows in which it differs."""


_OF_FIELDS = (errors.Malformed, errors.Invalid, errors.Unacceptable, errors.UrlRefused)
"""Errors that a field of the request causes."""


class ErrorContext(msgspec.Struct, frozen=True):
    """The failed request: its id, and this server's address as the client knows it ("" if there is none)."""

    request_id: str
    base: str = ""


class ErrorReply(msgspec.Struct, frozen=True, kw_only=True):
    """All that the body of an error answer can hold, in the dialect's own words. `kind` is the class of the error."""

    kind: type[LibraryError]
    status: int
    code: str | int
    message: str
    param: str | None
    request_id: str
    base: str


class ErrorFormat(msgspec.Struct, frozen=True, kw_only=True):
    """How a dialect answers errors.

    `table` maps classes of errors to statuses and codes. The most specific class wins; `LibraryError` must be in the
    table and stands for internal errors.

    `params` maps the library's names of fields to the vendor's, where they differ. It renames the field in the reply,
    and in the message if the message begins with the field's name. An index, as in `images[2]`, is kept.

    `has_param` says that the shape tells the field at fault. Without it, the message of a validation error names it.

    `messages` maps classes of errors to sentences that the vendor's clients rely on. `{name}` stands for an attribute
    of the error.

    `prefixes`, of one or two path segments each, also get this format for requests that match no route.
    """

    name: str
    prefixes: tuple[str, ...]
    table: Mapping[type[LibraryError], ErrorMapping]
    shape: Callable[[ErrorReply], Any]
    params: Mapping[str, str] = {}
    messages: Mapping[type[LibraryError], str] = {}
    has_param: bool = False
    content_type: str = "application/json"

    def render(self, error: LibraryError, context: ErrorContext) -> Response[bytes]:
        """Build the complete response for the error."""
        headers = {}
        if isinstance(error, errors.RateLimited):
            headers["Retry-After"] = str(error.retry_after)
        elif isinstance(error, errors.Unavailable | errors.InProgress):
            headers["Retry-After"] = "1"
        elif isinstance(error, errors.KeyRefused):
            headers["WWW-Authenticate"] = "Bearer"
        elif isinstance(error, errors.UnsupportedEncoding):
            headers["Accept-Encoding"] = "identity"  # what would be read (RFC 9110 section 15.5.16)
        reply = self._reply(error, context)
        body = msgspec.json.encode(self.shape(reply))
        return Response(body, status_code=reply.status, headers=headers, media_type=self.content_type)

    def _reply(self, error: LibraryError, context: ErrorContext) -> ErrorReply:
        mapping = self.mapping(type(error))
        return ErrorReply(
            kind=type(error),
            status=mapping.status,
            code=mapping.code,
            message=self.message(error),
            param=error.param and self._vendor_param(error.param),
            request_id=context.request_id,
            base=context.base,
        )

    def mapping(self, kind: type[LibraryError]) -> ErrorMapping:
        """Return status and code of a class of errors."""
        return next(self.table[each] for each in kind.__mro__ if each in self.table)

    def message(self, error: LibraryError) -> str:
        """Return the error's message in the dialect's words."""
        for kind in type(error).__mro__:
            if kind in self.messages:
                return self.messages[kind].format_map(vars(error))
        name = error.param
        if not name:
            return error.message
        if re.match(rf"{re.escape(name)}(?!\w)", error.message):
            return self._vendor_param(name) + error.message.removeprefix(name)
        return error.message if self.has_param else _naming(self._vendor_param(name), error)

    def _vendor_param(self, name: str) -> str:
        field, bracket, index = name.partition("[")
        return self.params.get(field, field) + bracket + index

    def handle(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Answer any exception. This is Litestar's exception handler."""
        converted = to_library_error(error)
        _log_failure(error, converted)
        response = self.render(converted, error_context(request))
        if isinstance(error, HTTPException) and (allowed := (error.headers or {}).get("allow")):
            response.headers["Allow"] = allow_head(allowed)  # required with every 405 (RFC 9110 section 15.5.6)
        return response


def _naming(param: str, error: LibraryError) -> str:
    """Return the message of a validation error with the name of the field, of any other error as it is."""
    is_named = re.search(rf"(?<!\w){re.escape(param)}(?!\w)", error.message)
    return error.message if is_named or not isinstance(error, _OF_FIELDS) else f"{param}: {error.message}"


class ExampleUpload(msgspec.Struct, frozen=True):
    """A shell command that uploads a PNG file, with `{base}`, `{key}` and `{file}` in place of their values."""

    title: str
    template: str

    def command(self, *, base: str, key: str, file: Path) -> str:
        """Return the command for this server, key and file, quoted for the shell. Other braces are left alone."""
        return self.template.replace("{base}", base).replace("{key}", key).replace("{file}", quote(str(file)))


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's API, as this server speaks it.

    `example_upload` is shown to the operator on the first start.
    """

    name: str
    routers: tuple[Router, ...]
    error_formats: tuple[ErrorFormat, ...]
    example_upload: ExampleUpload | None = None


class InternalError(LibraryError):
    """An internal error occurred."""


def to_library_error(error: Exception) -> LibraryError:
    """Convert an exception of the framework to one of the library; an unexpected exception becomes `InternalError`."""
    if isinstance(error, LibraryError):
        return error
    if isinstance(error, HTTPException) and error.status_code in _BY_STATUS:
        return _BY_STATUS[error.status_code](error.detail)
    return InternalError()


def _log_failure(error: Exception, converted: LibraryError) -> None:
    if isinstance(converted, InternalError):
        _log.error("unexpected_error", exc_info=error)
    elif isinstance(converted, errors.Unavailable | errors.StorageFull):
        cause = str(error.__cause__ or "").partition("\n")[0]  # records/ logs the traceback, once for each outage
        _log.error("request_not_served", reason=converted.message, cause=cause)


_BY_STATUS: dict[int, Callable[[str], LibraryError]] = {
    400: errors.Malformed,
    404: lambda _: errors.NotFound(),
    405: lambda _: errors.MethodNotAllowed(),
    413: lambda _: errors.Malformed("The request body is too large."),
    415: errors.Malformed,
}


def error_context(request: Request[Any, Any, Any]) -> ErrorContext:
    """Return the request's id and the server's address as the Host header gives it."""
    try:
        base = context_of(request).origins.base(request)
    except errors.Malformed:
        base = ""
    return ErrorContext(str(request.scope["state"].get("request_id", "")), base)


async def _refuse_encoded_body(connection: Connection, handler: BaseRouteHandler) -> None:
    """Raise `UnsupportedEncoding` when there is an encoded body. ASGI handlers pass the request on to another route.

    A coroutine although it waits for nothing: Litestar runs a guard that is a plain function on a thread.
    """
    if not isinstance(handler, ASGIRouteHandler) and Framing.of(connection.scope["headers"]) is not None:
        refuse_content_encoding(connection.headers.getall("content-encoding", []))


def router(
    error_format: ErrorFormat,
    routes: Sequence[ControllerRouterHandler],
    *,
    path: str = "/",
    guards: Sequence[Guard] = (),
) -> Router:
    """Group the routes under a router that answers errors in the dialect's format.

    No route of it reads a body that is compressed or otherwise encoded: it is refused before the key is checked.
    """
    return Router(
        path=path,
        route_handlers=list(routes),
        guards=[_refuse_encoded_body, *guards],
        exception_handlers={Exception: error_format.handle, HTTPException: error_format.handle},
    )
