"""HeyGen v3's errors: `{error: {code, message, param?, doc_url}}`, `param` only where a field is at fault."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import Answer, Occasion, Voice

CODES = "/docs/error-codes"
"""The path of the page that lists the codes."""


def anchor_of(code: str) -> str:
    """Where on the page the code is explained."""
    return code.replace("_", "-")


def _shape(error: errors.LibraryError, answer: Answer, occasion: Occasion) -> dict[str, Any]:
    page = f"{occasion.base}{CODES}#{anchor_of(str(answer.code))}" if occasion.base else None
    shape: dict[str, Any] = {"code": answer.code, "message": error.message, "doc_url": page}
    return {"error": {**shape, "param": error.param} if error.param else shape}


VOICE = Voice(
    name="heygen_v3",
    prefixes=("/v3",),
    table={
        errors.Malformed: Answer(400, "invalid_parameter"),
        errors.BodyTooSlow: Answer(408, "timeout"),
        errors.Invalid: Answer(400, "invalid_parameter"),
        errors.Unacceptable: Answer(400, "invalid_parameter"),
        errors.NotFound: Answer(404, "not_found"),
        errors.AssetNotFound: Answer(404, "asset_not_found"),
        errors.MethodNotAllowed: Answer(405, "invalid_parameter"),
        errors.Conflict: Answer(409, "conflict"),
        errors.InProgress: Answer(409, "request_in_progress"),
        errors.KeyRefused: Answer(401, "authentication_failed"),
        errors.Forbidden: Answer(403, "forbidden"),
        errors.RateLimited: Answer(429, "rate_limit_exceeded"),
        errors.StorageFull: Answer(507, "internal_error"),
        errors.Unavailable: Answer(503, "internal_error"),
        errors.LibraryError: Answer(500, "internal_error"),
    },
    shape=_shape,
)
