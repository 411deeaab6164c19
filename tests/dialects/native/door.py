"""Our own way of saying no: problem documents (RFC 9457)."""

import httpx

from tests.contracts.dialect import Words

STATUSES = {
    "LibraryError": 500,
    "Malformed": 400,
    "BodyIncomplete": 400,
    "BodyTooSlow": 408,
    "Invalid": 422,
    "Missing": 422,
    "InvalidQuery": 422,
    "Unacceptable": 422,
    "EmptyFile": 422,
    "TooLarge": 413,
    "UnsupportedKind": 415,
    "TypeMismatch": 422,
    "Unreadable": 422,
    "UrlRefused": 500,
    "FetchFailed": 500,
    "NotFound": 404,
    "AssetNotFound": 404,
    "FolderNotFound": 404,
    "MethodNotAllowed": 405,
    "Conflict": 409,
    "InProgress": 409,
    "KeyRefused": 401,
    "ScopeMissing": 403,
    "RateLimited": 429,
    "StorageFull": 507,
    "Unavailable": 503,
    "DatabaseUnavailable": 503,
    "BlobsUnavailable": 503,
}
REFUSALS: dict[str, Words] = {meaning: (status, None) for meaning, status in STATUSES.items()}


def say(response: httpx.Response, _: object = None) -> None:
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert list(body) == ["type", "title", "status", "detail", "request_id"]
    assert body["type"] == "about:blank"
    assert body["status"] == response.status_code
    assert body["detail"].strip()
    assert body["request_id"] == response.headers["x-request-id"]
