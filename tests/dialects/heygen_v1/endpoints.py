"""HeyGen v1's operations, as data."""

from typing import Any
from uuid import uuid4

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, ErrorTable, StatusAndCode, Suite
from tests.dialects.wire.openapi import Spec

MIB = 1024 * 1024

# [observed] 40001 and 400. Other codes are the vendor's if its table has one for the error, else the HTTP status.
REFUSALS: dict[str, StatusAndCode] = {
    "LibraryError": (500, 500),
    "Malformed": (400, 400175),
    "BodyIncomplete": (400, 400175),
    "BodyTooSlow": (408, 408),
    "UnsupportedEncoding": (415, 415),
    "FormRequired": (400, 400175),
    "Invalid": (400, 400175),
    "Missing": (400, 40001),
    "FileMissing": (400, 40001),
    "InvalidQuery": (400, 40012),
    "Unacceptable": (400, 400175),
    "EmptyFile": (400, 40001),
    "TooLarge": (400, 400175),
    "UnsupportedKind": (400, 400175),
    "TypeMismatch": (400, 400175),
    "DeclaredTypeMismatch": (400, 400175),
    "Unreadable": (400, 400175),
    "UrlRefused": (500, 500),
    "FetchFailed": (500, 500),
    "NotFound": (404, 404),
    "AssetNotFound": (404, 404),
    "FolderNotFound": (404, 404),
    "VersionNotFound": (404, 404),
    "KeyNotFound": (404, 404),
    "WorkspaceNotFound": (404, 404),
    "MethodNotAllowed": (405, 405),
    "Conflict": (409, 409),
    "LastAdminKey": (409, 409),
    "InProgress": (409, 409),
    "IdempotencyKeyReused": (409, 409),
    "PreconditionFailed": (409, 409),
    "KeyRefused": (401, 400112),
    "SignatureRefused": (401, 400112),
    "Forbidden": (403, 400562),
    "ScopeMissing": (403, 400562),
    "QuotaExceeded": (400, 400599),
    "WorkspaceSuspended": (403, 400562),
    "RateLimited": (429, 400123),
    "StorageFull": (507, 507),
    "Unavailable": (503, 503),
    "DatabaseUnavailable": (503, 503),
    "TransactionConflict": (503, 503),
    "ModelUnavailable": (503, 503),
    "BlobsUnavailable": (503, 503),
}


# The vendor's names of its numbers, as its newer envelope has them: in lower case.
NAMES = {
    40001: "missing_params",
    40012: "invalid_query_param",
    400112: "unauthorized",
    400123: "rate_limit_exceeded",
    400175: "invalid_parameter",
    400562: "forbidden",
    400599: "tier_not_support",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    415: "unsupported_media_type",
    409: "conflict",
    500: "internal_error",
    503: "unavailable",
    507: "storage_full",
}


def auth(key: str) -> dict[str, str]:
    return {"X-API-KEY": key}


def check_error(response: httpx.Response, code: str | int | None) -> None:
    """Check both envelopes: `code` and `message` of uploads, `error` of lists and folders."""
    body = response.json()
    assert list(body) == ["code", "data", "msg", "message", "error"]
    assert body["code"] == code
    assert body["data"] is None
    assert body["msg"] == body["message"] == body["error"]["message"]
    assert isinstance(body["message"], str)
    assert body["message"].strip()
    assert list(body["error"]) == ["code", "message"]
    assert body["error"]["code"] == NAMES[code]


def _png(_: Suite) -> dict[str, Any]:
    return {"content": samples.png(), "headers": {"Content-Type": "image/png"}}


UPLOAD = Endpoint(
    name="heygen-v1-upload",
    path="/v1/asset",
    auth=auth,
    refusals=REFUSALS,
    check_error=check_error,
    valid=_png,
    spec=Spec("heygen-v1-upload-asset.openapi.json", "/v1/asset"),
    types=frozenset({"image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav"}),
    limit=100 * MIB,
)


def _asset(suite: Suite) -> str:
    id = UPLOAD.send(suite.client, suite.account.key, **_png(suite)).json()["data"]["id"]
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _folder(suite: Suite) -> str:
    id = CREATE.send(suite.client, suite.account.key, json={"name": "a folder"}).json()["data"]["id"]
    suite.before = suite.stored.count(suite.account)
    return str(id)


_COMMON: dict[str, Any] = {"auth": auth, "refusals": REFUSALS, "check_error": check_error}
_READ: dict[str, Any] = {**_COMMON, "method": "GET", "valid": lambda _: {}, "scope": Scope.READ}

LIST = Endpoint(name="heygen-v1-list", path="/v1/asset/list", **_READ)
DELETE = Endpoint(
    name="heygen-v1-delete",
    path=f"/v1/asset/{uuid4().hex}/delete",
    valid=lambda suite: {"path": f"/v1/asset/{_asset(suite)}/delete"},
    **_COMMON,
)
FOLDERS = Endpoint(name="heygen-v1-folders", path="/v1/folders", **_READ)
CREATE = Endpoint(
    name="heygen-v1-create-folder", path="/v1/folders/create", valid=lambda _: {"json": {"name": "a"}}, **_COMMON
)
RENAME = Endpoint(
    name="heygen-v1-rename-folder",
    path=f"/v1/folders/{uuid4().hex}",
    valid=lambda suite: {"path": f"/v1/folders/{_folder(suite)}", "json": {"name": "b"}},
    **_COMMON,
)
TRASH = Endpoint(
    name="heygen-v1-trash-folder",
    path=f"/v1/folders/{uuid4().hex}/trash",
    valid=lambda suite: {"path": f"/v1/folders/{_folder(suite)}/trash"},
    **_COMMON,
)
RESTORE = Endpoint(
    name="heygen-v1-restore-folder",
    path=f"/v1/folders/{uuid4().hex}/restore",
    valid=lambda suite: {"path": f"/v1/folders/{_folder(suite)}/restore"},
    **_COMMON,
)
PHOTO = Endpoint(
    name="heygen-v1-talking-photo",
    path="/v1/talking_photo",
    valid=_png,
    types=frozenset({"image/png", "image/jpeg"}),
    limit=50 * MIB,
    **_COMMON,
)
PHOTOS = Endpoint(name="heygen-v1-talking-photos", path="/v1/talking_photo.list", **_READ)
DELETE_PHOTO = Endpoint(
    name="heygen-v1-delete-talking-photo",
    method="DELETE",
    path=f"/v2/talking_photo/{uuid4().hex}",
    valid=lambda suite: {"path": f"/v2/talking_photo/{_asset(suite)}"},
    wrong_method="PUT",
    **_COMMON,
)

ERROR_TABLES = {"heygen_v1": ErrorTable(REFUSALS, check_error, UPLOAD.spec)}
