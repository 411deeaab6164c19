"""HeyGen v3's errors: `{error: {code, message, param, doc_url}}`; `param` is null unless a field is at fault."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import ErrorFormat, ErrorMapping, ErrorReply

CODES_PATH = "/docs/error-codes"
"""The path of the page that explains the codes."""


_FILE_REQUIRED = "File is required. Upload a file using multipart/form-data."
"""[documented] The vendor's sentence."""


def anchor_of(code: str) -> str:
    """Return the anchor of the code on that page."""
    return code.replace("_", "-")


def _shape(reply: ErrorReply) -> dict[str, Any]:
    page = f"{reply.base}{CODES_PATH}#{anchor_of(str(reply.code))}" if reply.base else None
    return {"error": {"code": reply.code, "message": reply.message, "param": reply.param, "doc_url": page}}


ERRORS = ErrorFormat(
    name="heygen_v3",
    prefixes=("/v3",),
    table={
        errors.Malformed: ErrorMapping(400, "invalid_parameter"),
        errors.BodyTooSlow: ErrorMapping(408, "timeout"),
        errors.UnsupportedEncoding: ErrorMapping(415, "invalid_parameter"),
        errors.Invalid: ErrorMapping(400, "invalid_parameter"),
        errors.Unacceptable: ErrorMapping(400, "invalid_parameter"),
        errors.NotFound: ErrorMapping(404, "not_found"),
        errors.AssetNotFound: ErrorMapping(404, "asset_not_found"),
        errors.MethodNotAllowed: ErrorMapping(405, "invalid_parameter"),
        errors.Conflict: ErrorMapping(409, "conflict"),
        errors.InProgress: ErrorMapping(409, "request_in_progress"),
        errors.KeyRefused: ErrorMapping(401, "authentication_failed"),
        errors.Forbidden: ErrorMapping(403, "forbidden"),
        errors.QuotaExceeded: ErrorMapping(400, "resource_limit_reached"),
        errors.RateLimited: ErrorMapping(429, "rate_limit_exceeded"),
        errors.StorageFull: ErrorMapping(507, "internal_error"),
        errors.Unavailable: ErrorMapping(503, "internal_error"),
        errors.LibraryError: ErrorMapping(500, "internal_error"),
    },
    params={"sha256": "checksum_sha256", "size": "size_bytes"},
    has_param=True,
    messages={
        errors.DeclaredTypeMismatch: "Content type not match: declared {declared}, found {found}.",
        errors.FormRequired: _FILE_REQUIRED,
        errors.FileMissing: _FILE_REQUIRED,
    },
    shape=_shape,
)
