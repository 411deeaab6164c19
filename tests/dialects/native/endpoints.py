"""The native API's operations as data; errors are problem documents (RFC 9457)."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, ErrorTable, StatusAndCode, Suite

STATUSES = {
    "LibraryError": 500,
    "Malformed": 400,
    "BodyIncomplete": 400,
    "BodyTooSlow": 408,
    "UnsupportedEncoding": 415,
    "FormRequired": 400,
    "Invalid": 422,
    "Missing": 422,
    "FileMissing": 422,
    "InvalidQuery": 422,
    "Unacceptable": 422,
    "EmptyFile": 422,
    "TooLarge": 413,
    "UnsupportedKind": 415,
    "TypeMismatch": 422,
    "DeclaredTypeMismatch": 422,
    "Unreadable": 422,
    "UrlRefused": 422,
    "FetchFailed": 502,
    "NotFound": 404,
    "AssetNotFound": 404,
    "FolderNotFound": 404,
    "VersionNotFound": 404,
    "KeyNotFound": 404,
    "WorkspaceNotFound": 404,
    "MethodNotAllowed": 405,
    "Conflict": 409,
    "LastAdminKey": 409,
    "InProgress": 409,
    "IdempotencyKeyReused": 422,
    "PreconditionFailed": 412,
    "KeyRefused": 401,
    "SignatureRefused": 401,
    "Forbidden": 403,
    "ScopeMissing": 403,
    "QuotaExceeded": 403,
    "WorkspaceSuspended": 403,
    "RateLimited": 429,
    "StorageFull": 507,
    "Unavailable": 503,
    "DatabaseUnavailable": 503,
    "TransactionConflict": 503,
    "ModelUnavailable": 503,
    "BlobsUnavailable": 503,
}
REFUSALS: dict[str, StatusAndCode] = {meaning: (status, None) for meaning, status in STATUSES.items()}

PROBLEM = "application/problem+json"
FIELDS = ["type", "title", "status", "detail", "request_id"]


def check_error(response: httpx.Response, _: object = None) -> None:
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert list(body) in (FIELDS, [*FIELDS, "param"])
    assert body["type"].startswith("urn:mediatheque:error:")
    assert body["title"].strip()
    assert body["status"] == response.status_code
    assert body["detail"].strip()
    assert body["request_id"] == response.headers["x-request-id"]


def auth(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def inline(data: bytes, media_type: str = "image/png") -> dict[str, str]:
    return {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}


def create(client: httpx.Client, key: str, source: dict[str, str], **more: Any) -> httpx.Response:
    return CREATE.send(client, key, json={"source": source, **more})


def _created(suite: Suite) -> dict[str, Any]:
    """Create an asset and return its path."""
    id = create(suite.client, suite.account.key, inline(samples.png())).json()["id"]
    suite.before = suite.stored.count(suite.account)
    return {"path": f"/api/assets/{id}"}


CREATE = Endpoint(
    name="native-create",
    path="/api/assets",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=lambda _: {"json": {"source": inline(samples.png())}},
    success=201,
    refused_as="application/problem+json",
)
LIST = Endpoint(
    name="native-list",
    method="GET",
    path="/api/assets",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=lambda _: {},
    scope=Scope.READ,
    refused_as="application/problem+json",
)
GET = Endpoint(
    name="native-get",
    method="GET",
    path=f"/api/assets/{uuid4()}",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_created,
    scope=Scope.READ,
    wrong_method="PUT",
    refused_as="application/problem+json",
)

ERROR_TABLES = {"native": ErrorTable(REFUSALS, check_error)}
