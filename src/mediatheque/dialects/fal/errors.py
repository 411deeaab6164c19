"""fal's two ways of saying no."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import USUAL, Answer, Occasion, Voice


def _platform_shape(error: errors.LibraryError, answer: Answer, occasion: Occasion) -> dict[str, Any]:
    return {"error": {"type": answer.code, "message": error.message, "request_id": occasion.request_id}}


def _storage_shape(error: errors.LibraryError, _: Answer, __: Occasion) -> dict[str, Any]:
    return {"detail": error.message}


PLATFORM = Voice(
    name="fal",
    prefixes=("/v1/assets",),
    table={
        errors.Malformed: Answer(400, "validation_error"),
        errors.BodyTooSlow: Answer(408, "validation_error"),
        errors.Invalid: Answer(422, "validation_error"),
        errors.Unacceptable: Answer(422, "validation_error"),
        errors.UrlRefused: Answer(422, "validation_error"),
        errors.FetchFailed: Answer(502, "server_error"),
        errors.NotFound: Answer(404, "not_found"),
        errors.MethodNotAllowed: Answer(405, "not_implemented"),
        errors.Conflict: Answer(409, "validation_error"),
        errors.KeyRefused: Answer(401, "authorization_error"),
        errors.Forbidden: Answer(403, "authorization_error"),
        errors.RateLimited: Answer(429, "rate_limited"),
        errors.StorageFull: Answer(507, "server_error"),
        errors.Unavailable: Answer(503, "server_error"),
        errors.LibraryError: Answer(500, "server_error"),
    },
    shape=_platform_shape,
)

# [documented] These operations know neither 409, 422 nor 502.
PLATFORM_STORAGE = Voice(
    name="fal-platform-storage",
    prefixes=("/v1/storage",),
    table={
        **PLATFORM.table,
        errors.Invalid: Answer(400, "validation_error"),
        errors.Unacceptable: Answer(400, "validation_error"),
        errors.UrlRefused: Answer(400, "validation_error"),
        errors.Conflict: Answer(400, "validation_error"),
    },
    shape=_platform_shape,
)

# Never 409 here: fal's Python client repeats that ten times, as if it would pass.
STORAGE = Voice(
    name="fal-storage",
    prefixes=("/storage", "/files/upload"),
    table={**USUAL, errors.Conflict: Answer(400)},
    shape=_storage_shape,
)
