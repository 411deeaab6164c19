"""HeyGen v1's errors, for both families of clients: `code` and `message` as uploads say it, `error` as lists do.

Numbers are the vendor's where its table has one for the meaning, else the HTTP status; the words in `error` are its
names of them.
"""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import ErrorFormat, ErrorMapping, ErrorReply

_NAMES = {
    40001: "missing_params",
    40012: "invalid_query_param",
    400112: "unauthorized",
    400123: "rate_limit_exceeded",
    400175: "invalid_parameter",
    400562: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "conflict",
    500: "internal_error",
    503: "unavailable",
    507: "storage_full",
}
_CODES = {name: code for code, name in _NAMES.items()}


def _answer(status: int, name: str) -> ErrorMapping:
    return ErrorMapping(status, _CODES[name])


def _shape(reply: ErrorReply) -> dict[str, Any]:
    return {
        "code": reply.code,
        "data": None,
        "msg": reply.message,
        "message": reply.message,
        "error": {"code": _NAMES[int(reply.code)], "message": reply.message},
    }


ERRORS = ErrorFormat(
    name="heygen_v1",
    prefixes=("/v1/asset", "/v1/folders", "/v1/talking_photo", "/v1/talking_photo.list", "/v2/talking_photo"),
    table={
        errors.Malformed: _answer(400, "invalid_parameter"),
        errors.BodyTooSlow: _answer(408, "timeout"),
        errors.Invalid: _answer(400, "invalid_parameter"),
        errors.Missing: _answer(400, "missing_params"),
        errors.InvalidQuery: _answer(400, "invalid_query_param"),
        errors.Unacceptable: _answer(400, "invalid_parameter"),
        errors.EmptyFile: _answer(400, "missing_params"),
        errors.NotFound: _answer(404, "not_found"),
        errors.MethodNotAllowed: _answer(405, "method_not_allowed"),
        errors.Conflict: _answer(409, "conflict"),
        errors.KeyRefused: _answer(401, "unauthorized"),
        errors.Forbidden: _answer(403, "forbidden"),
        errors.RateLimited: _answer(429, "rate_limit_exceeded"),
        errors.StorageFull: _answer(507, "storage_full"),
        errors.Unavailable: _answer(503, "unavailable"),
        errors.LibraryError: _answer(500, "internal_error"),
    },
    # [observed] Clients look for "Content type not match".
    messages={errors.DeclaredTypeMismatch: "Content type not match: declared {declared}, found {found}."},
    shape=_shape,
)
