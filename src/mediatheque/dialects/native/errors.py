"""Problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import USUAL, Answer, Occasion, Voice


def _shape(error: errors.LibraryError, answer: Answer, occasion: Occasion) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(answer.status).phrase,
        "status": answer.status,
        "detail": error.message,
        "request_id": occasion.request_id,
    }


VOICE = Voice(
    name="native",
    prefixes=("/api", "/files"),
    table={**USUAL, errors.UrlRefused: Answer(422), errors.FetchFailed: Answer(502)},
    shape=_shape,
    content_type="application/problem+json",
)
