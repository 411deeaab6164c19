"""Problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorContext, ErrorFormat, ErrorMapping


def _shape(error: errors.LibraryError, answer: ErrorMapping, occasion: ErrorContext) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(answer.status).phrase,
        "status": answer.status,
        "detail": error.message,
        "request_id": occasion.request_id,
    }


ERRORS = ErrorFormat(
    name="native",
    prefixes=("/api", "/files"),
    table={**DEFAULT_MAPPING, errors.UrlRefused: ErrorMapping(422), errors.FetchFailed: ErrorMapping(502)},
    shape=_shape,
    content_type="application/problem+json",
)
