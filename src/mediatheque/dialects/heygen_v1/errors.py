"""HeyGen v1's errors, in both of its envelopes: `code` and `message` as for uploads, `error` as for lists.

A code is the vendor's number if its table has one for the error, else the HTTP status. `error.code` is its name.
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
    400599: "tier_not_support",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "conflict",
    415: "unsupported_media_type",
    500: "internal_error",
    503: "unavailable",
    507: "storage_full",
}
_CODES = {name: code for code, name in _NAMES.items()}


def _mapping(status: int, name: str) -> ErrorMapping:
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
        errors.Malformed: _mapping(400, "invalid_parameter"),
        errors.BodyTooSlow: _mapping(408, "timeout"),
        errors.UnsupportedEncoding: _mapping(415, "unsupported_media_type"),
        errors.Invalid: _mapping(400, "invalid_parameter"),
        errors.Missing: _mapping(400, "missing_params"),
        errors.InvalidQuery: _mapping(400, "invalid_query_param"),
        errors.Unacceptable: _mapping(400, "invalid_parameter"),
        errors.EmptyFile: _mapping(400, "missing_params"),
        errors.NotFound: _mapping(404, "not_found"),
        errors.MethodNotAllowed: _mapping(405, "method_not_allowed"),
        errors.Conflict: _mapping(409, "conflict"),
        errors.KeyRefused: _mapping(401, "unauthorized"),
        errors.Forbidden: _mapping(403, "forbidden"),
        errors.QuotaExceeded: _mapping(400, "tier_not_support"),
        errors.RateLimited: _mapping(429, "rate_limit_exceeded"),
        errors.StorageFull: _mapping(507, "storage_full"),
        errors.Unavailable: _mapping(503, "unavailable"),
        errors.LibraryError: _mapping(500, "internal_error"),
    },
    # [observed] The vendor's sentences.
    messages={
        errors.DeclaredTypeMismatch: "Content type not match: declared {declared}, found {found}.",
        errors.EmptyFile: "asset data must be provided",
    },
    shape=_shape,
)
