"""Krea's operations, as data."""

from typing import Any
from uuid import uuid4

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, ErrorTable, StatusAndCode, Suite
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.dialects.wire.openapi import Spec

MIB = 1024 * 1024

# Documented statuses are 400, 401 and 404; the others are ours, in the same shape. UrlRefused, FetchFailed and
# InProgress cannot occur in Krea.
REFUSALS: dict[str, StatusAndCode] = {
    "LibraryError": (500, None),
    "Malformed": (400, None),
    "BodyIncomplete": (400, None),
    "BodyTooSlow": (408, None),
    "UnsupportedEncoding": (415, None),
    "FormRequired": (400, None),
    "Invalid": (400, None),
    "Missing": (400, None),
    "FileMissing": (400, None),
    "InvalidQuery": (400, None),
    "Unacceptable": (400, None),
    "EmptyFile": (400, None),
    "TooLarge": (400, None),
    "UnsupportedKind": (400, None),
    "TypeMismatch": (400, None),
    "DeclaredTypeMismatch": (400, None),
    "Unreadable": (400, None),
    "UrlRefused": (500, None),
    "FetchFailed": (500, None),
    "NotFound": (404, None),
    "AssetNotFound": (404, None),
    "FolderNotFound": (404, None),
    "VersionNotFound": (404, None),
    "KeyNotFound": (404, None),
    "WorkspaceNotFound": (404, None),
    "MethodNotAllowed": (405, None),
    "Conflict": (409, None),
    "LastAdminKey": (409, None),
    "InProgress": (409, None),
    "IdempotencyKeyReused": (409, None),
    "PreconditionFailed": (409, None),
    "KeyRefused": (401, None),
    "SignatureRefused": (401, None),
    "Forbidden": (403, None),
    "ScopeMissing": (403, None),
    "QuotaExceeded": (402, None),
    "WorkspaceSuspended": (403, None),
    "RateLimited": (429, None),
    "StorageFull": (507, None),
    "Unavailable": (503, None),
    "DatabaseUnavailable": (503, None),
    "TransactionConflict": (503, None),
    "ModelUnavailable": (503, None),
    "BlobsUnavailable": (503, None),
}


def auth(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def check_error(response: httpx.Response, _: object = None) -> None:
    """Check the body: `error` is documented, `message` was seen in live answers."""
    body = response.json()
    assert list(body) == ["error", "message"]
    assert body["error"] == body["message"]
    assert isinstance(body["error"], str)
    assert body["error"].strip()


def _form(_: Suite) -> dict[str, Any]:
    return {"content": form(file_part(samples.png())), "headers": {"Content-Type": CONTENT_TYPE}}


_POSTED: dict[str, str] = {}


def _new(suite: Suite) -> dict[str, Any]:
    """Create an asset for this request and return its path."""
    response = UPLOAD.send(suite.client, suite.account.key, **_form(suite))
    suite.before = suite.stored.count(suite.account)
    return {"path": f"/assets/{response.json()['id']}"}


def _posted(suite: Suite) -> dict[str, Any]:
    """Create an asset and return its path."""
    if suite.account.key not in _POSTED:
        response = UPLOAD.send(suite.client, suite.account.key, **_form(suite))
        _POSTED[suite.account.key] = response.json()["id"]
        suite.before = suite.stored.count(suite.account)
    return {"path": f"/assets/{_POSTED[suite.account.key]}"}


UPLOAD = Endpoint(
    name="krea-upload",
    path="/assets",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_form,
    spec=Spec("krea-upload-asset.openapi.json", "/assets"),
    framed=True,
    types=frozenset(
        {
            *("image/jpeg", "image/png", "image/webp", "image/heic", "video/mp4", "video/quicktime", "video/webm"),
            *("model/gltf-binary", "audio/wav", "audio/mpeg"),
        }
    ),
    limit=75 * MIB,
)

GET = Endpoint(
    name="krea-get",
    method="GET",
    path=f"/assets/{uuid4()}",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_posted,
    scope=Scope.READ,
    wrong_method="PUT",
    spec=Spec("krea-get-asset.openapi.json", "/assets/{id}", "get"),
)

LIST = Endpoint(
    name="krea-list",
    method="GET",
    path="/assets",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=lambda _: {},
    scope=Scope.READ,
)

DELETE = Endpoint(
    name="krea-delete",
    method="DELETE",
    path=f"/assets/{uuid4()}",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_new,
    wrong_method="PUT",
)

ERROR_TABLES = {"krea": ErrorTable(REFUSALS, check_error, UPLOAD.spec)}
