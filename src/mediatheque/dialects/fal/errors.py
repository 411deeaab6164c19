"""fal's two shapes of errors: `{error: {type, message, request_id}}`, and `{detail}` in the storage protocol."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorFormat, ErrorMapping, ErrorReply


def _platform_shape(reply: ErrorReply) -> dict[str, Any]:
    return {"error": {"type": reply.code, "message": reply.message, "request_id": reply.request_id}}


def _storage_shape(reply: ErrorReply) -> dict[str, Any]:
    return {"detail": reply.message}


# The library's names of fields, and fal's. They are read in messages that begin with one.
_PARAMS = {
    "caption": "prompt",
    "cover_file_id": "cover_image_url",
    "kind": "type",
    "parent_id": "parent_collection_id",
    "references": "reference_images",
    "seconds": "expiration_seconds",
}

PLATFORM = ErrorFormat(
    name="fal",
    prefixes=("/v1/assets",),
    table={
        errors.Malformed: ErrorMapping(400, "validation_error"),
        errors.BodyTooSlow: ErrorMapping(408, "validation_error"),
        errors.UnsupportedEncoding: ErrorMapping(415, "validation_error"),
        errors.Invalid: ErrorMapping(422, "validation_error"),
        errors.Unacceptable: ErrorMapping(422, "validation_error"),
        errors.UrlRefused: ErrorMapping(422, "validation_error"),
        errors.FetchFailed: ErrorMapping(502, "server_error"),
        errors.NotFound: ErrorMapping(404, "not_found"),
        errors.MethodNotAllowed: ErrorMapping(405, "not_implemented"),
        errors.Conflict: ErrorMapping(409, "validation_error"),
        errors.KeyRefused: ErrorMapping(401, "authorization_error"),
        errors.Forbidden: ErrorMapping(403, "authorization_error"),
        errors.RateLimited: ErrorMapping(429, "rate_limited"),
        errors.StorageFull: ErrorMapping(507, "server_error"),
        errors.Unavailable: ErrorMapping(503, "server_error"),
        errors.LibraryError: ErrorMapping(500, "server_error"),
    },
    shape=_platform_shape,
    params=_PARAMS,
)

# [documented] These operations never answer 409 or 422.
PLATFORM_STORAGE = ErrorFormat(
    name="fal-platform-storage",
    prefixes=("/v1/storage",),
    table={
        **PLATFORM.table,
        errors.Invalid: ErrorMapping(400, "validation_error"),
        errors.Unacceptable: ErrorMapping(400, "validation_error"),
        errors.UrlRefused: ErrorMapping(400, "validation_error"),
        errors.Conflict: ErrorMapping(400, "validation_error"),
    },
    shape=_platform_shape,
    params=_PARAMS,
)

# No 409: fal's Python client retries it ten times.
STORAGE = ErrorFormat(
    name="fal-storage",
    prefixes=("/storage", "/files/upload"),
    table={**DEFAULT_MAPPING, errors.Conflict: ErrorMapping(400)},
    shape=_storage_shape,
)
