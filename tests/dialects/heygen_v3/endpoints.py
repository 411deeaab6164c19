"""HeyGen v3's operations, as data."""

from typing import Any
from uuid import uuid4

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, ErrorTable, StatusAndCode, Suite
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.dialects.wire.openapi import Spec

MIB = 1024 * 1024

# Documented are 400, 401, 409 and 429 with these codes; the other codes are in the vendor's table of error codes.
REFUSALS: dict[str, StatusAndCode] = {
    "LibraryError": (500, "internal_error"),
    "Malformed": (400, "invalid_parameter"),
    "BodyIncomplete": (400, "invalid_parameter"),
    "BodyTooSlow": (408, "timeout"),
    "UnsupportedEncoding": (415, "invalid_parameter"),
    "FormRequired": (400, "invalid_parameter"),
    "Invalid": (400, "invalid_parameter"),
    "Missing": (400, "invalid_parameter"),
    "FileMissing": (400, "invalid_parameter"),
    "InvalidQuery": (400, "invalid_parameter"),
    "Unacceptable": (400, "invalid_parameter"),
    "EmptyFile": (400, "invalid_parameter"),
    "TooLarge": (400, "invalid_parameter"),
    "UnsupportedKind": (400, "invalid_parameter"),
    "TypeMismatch": (400, "invalid_parameter"),
    "DeclaredTypeMismatch": (400, "invalid_parameter"),
    "Unreadable": (400, "invalid_parameter"),
    "UrlRefused": (500, "internal_error"),
    "FetchFailed": (500, "internal_error"),
    "NotFound": (404, "not_found"),
    "AssetNotFound": (404, "asset_not_found"),
    "FolderNotFound": (404, "not_found"),
    "VersionNotFound": (404, "not_found"),
    "KeyNotFound": (404, "not_found"),
    "WorkspaceNotFound": (404, "not_found"),
    "MethodNotAllowed": (405, "invalid_parameter"),
    "Conflict": (409, "conflict"),
    "LastAdminKey": (409, "conflict"),
    "InProgress": (409, "request_in_progress"),
    "IdempotencyKeyReused": (409, "conflict"),
    "PreconditionFailed": (409, "conflict"),
    "KeyRefused": (401, "authentication_failed"),
    "SignatureRefused": (401, "authentication_failed"),
    "Forbidden": (403, "forbidden"),
    "ScopeMissing": (403, "forbidden"),
    "QuotaExceeded": (400, "resource_limit_reached"),
    "WorkspaceSuspended": (403, "forbidden"),
    "RateLimited": (429, "rate_limit_exceeded"),
    "StorageFull": (507, "internal_error"),
    "Unavailable": (503, "internal_error"),
    "DatabaseUnavailable": (503, "internal_error"),
    "TransactionConflict": (503, "internal_error"),
    "ModelUnavailable": (503, "internal_error"),
    "BlobsUnavailable": (503, "internal_error"),
}


def auth(key: str) -> dict[str, str]:
    return {"x-api-key": key}


def check_error(response: httpx.Response, code: str | int | None) -> None:
    """Check the body. [documented] `param` is null unless a field is invalid."""
    body = response.json()
    assert list(body) == ["error"]
    error = body["error"]
    assert list(error) == ["code", "message", "param", "doc_url"]
    assert error["code"] == code
    assert error["doc_url"] is None or error["doc_url"].endswith(f"/docs/error-codes#{error['code'].replace('_', '-')}")
    assert error["message"].strip()
    assert error["param"] is None or error["param"].strip()


def _form(_: Suite) -> dict[str, Any]:
    return {"content": form(file_part(samples.png())), "headers": {"Content-Type": CONTENT_TYPE}}


UPLOAD = Endpoint(
    name="heygen-v3-upload",
    path="/v3/assets",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_form,
    spec=Spec("heygen-v3-upload-asset.openapi.json", "/v3/assets"),
    framed=True,
    types=frozenset(
        {
            *("image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav"),
            *("application/pdf", "application/x-subrip"),
        }
    ),
    limit=32 * MIB,
)


def _asset(suite: Suite) -> dict[str, Any]:
    """Create an asset for this request and return its path."""
    id = UPLOAD.send(suite.client, suite.account.key, **_form(suite)).json()["data"]["asset_id"]
    suite.before = suite.stored.count(suite.account)
    return {"path": f"/v3/assets/{id}"}


_COMMON: dict[str, Any] = {"auth": auth, "refusals": REFUSALS, "check_error": check_error}
_READ: dict[str, Any] = {**_COMMON, "method": "GET", "scope": Scope.READ}

LIST = Endpoint(name="heygen-v3-list", path="/v3/assets", valid=lambda _: {}, **_READ)
GET = Endpoint(name="heygen-v3-get", path=f"/v3/assets/{uuid4().hex}", valid=_asset, wrong_method="PUT", **_READ)
DELETE = Endpoint(
    name="heygen-v3-delete",
    method="DELETE",
    path=f"/v3/assets/{uuid4().hex}",
    valid=_asset,
    wrong_method="PUT",
    **_COMMON,
)
SEARCH = Endpoint(
    name="heygen-v3-search",
    path="/v3/assets/search",
    valid=lambda _: {"params": {"query": "sea", "type": "image"}},
    **_READ,
)

ERROR_TABLES = {"heygen_v3": ErrorTable(REFUSALS, check_error, UPLOAD.spec)}
