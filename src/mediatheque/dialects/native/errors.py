"""The native API's errors: problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorFormat, ErrorMapping, ErrorReply


def _shape(reply: ErrorReply) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(reply.status).phrase,
        "status": reply.status,
        "detail": reply.message,
        "request_id": reply.request_id,
    }


ERRORS = ErrorFormat(
    name="native",
    prefixes=("/api", "/files"),
    table={
        **DEFAULT_MAPPING,
        errors.UrlRefused: ErrorMapping(422),
        errors.FetchFailed: ErrorMapping(502),
        errors.IdempotencyKeyReused: ErrorMapping(422),
        errors.PreconditionFailed: ErrorMapping(412),
    },
    shape=_shape,
    content_type="application/problem+json",
)
