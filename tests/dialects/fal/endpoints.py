"""fal's operations as data: the Assets API, and the storage protocol with its other error format."""

from typing import Any

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, ErrorTable, StatusAndCode, Suite
from tests.dialects.wire.openapi import Spec

GIB = 1024**3

# Documented for the Assets API are 400, 401, 403, 404, 409, 422, 429, 500 and 502 in one shape.
PLATFORM: dict[str, StatusAndCode] = {
    "LibraryError": (500, "server_error"),
    "Malformed": (400, "validation_error"),
    "BodyIncomplete": (400, "validation_error"),
    "BodyTooSlow": (408, "validation_error"),
    "UnsupportedEncoding": (415, "validation_error"),
    "FormRequired": (400, "validation_error"),
    "Invalid": (422, "validation_error"),
    "Missing": (422, "validation_error"),
    "FileMissing": (422, "validation_error"),
    "InvalidQuery": (422, "validation_error"),
    "Unacceptable": (422, "validation_error"),
    "EmptyFile": (422, "validation_error"),
    "TooLarge": (422, "validation_error"),
    "UnsupportedKind": (422, "validation_error"),
    "TypeMismatch": (422, "validation_error"),
    "DeclaredTypeMismatch": (422, "validation_error"),
    "Unreadable": (422, "validation_error"),
    "UrlRefused": (422, "validation_error"),
    "FetchFailed": (502, "server_error"),
    "NotFound": (404, "not_found"),
    "AssetNotFound": (404, "not_found"),
    "FolderNotFound": (404, "not_found"),
    "VersionNotFound": (404, "not_found"),
    "KeyNotFound": (404, "not_found"),
    "WorkspaceNotFound": (404, "not_found"),
    "MethodNotAllowed": (405, "not_implemented"),
    "Conflict": (409, "validation_error"),
    "LastAdminKey": (409, "validation_error"),
    "InProgress": (409, "validation_error"),
    "IdempotencyKeyReused": (409, "validation_error"),
    "PreconditionFailed": (409, "validation_error"),
    "KeyRefused": (401, "authorization_error"),
    "SignatureRefused": (401, "authorization_error"),
    "Forbidden": (403, "authorization_error"),
    "ScopeMissing": (403, "authorization_error"),
    "QuotaExceeded": (403, "authorization_error"),
    "WorkspaceSuspended": (403, "authorization_error"),
    "RateLimited": (429, "rate_limited"),
    "StorageFull": (507, "server_error"),
    "Unavailable": (503, "server_error"),
    "DatabaseUnavailable": (503, "server_error"),
    "TransactionConflict": (503, "server_error"),
    "ModelUnavailable": (503, "server_error"),
    "BlobsUnavailable": (503, "server_error"),
}

# Documented for the platform's storage operations are 400, 401, 403, 404, 429 and 500.
PLATFORM_STORAGE: dict[str, StatusAndCode] = {
    meaning: (400 if status in (409, 422) else status, code) for meaning, (status, code) in PLATFORM.items()
}

# No 409: fal's Python client retries it ten times.
STORAGE: dict[str, StatusAndCode] = {
    "LibraryError": (500, None),
    "Malformed": (400, None),
    "BodyIncomplete": (400, None),
    "BodyTooSlow": (408, None),
    "UnsupportedEncoding": (415, None),
    "FormRequired": (400, None),
    "Invalid": (422, None),
    "Missing": (422, None),
    "FileMissing": (422, None),
    "InvalidQuery": (422, None),
    "Unacceptable": (422, None),
    "EmptyFile": (422, None),
    "TooLarge": (413, None),
    "UnsupportedKind": (415, None),
    "TypeMismatch": (422, None),
    "DeclaredTypeMismatch": (422, None),
    "Unreadable": (422, None),
    "UrlRefused": (500, None),
    "FetchFailed": (500, None),
    "NotFound": (404, None),
    "AssetNotFound": (404, None),
    "FolderNotFound": (404, None),
    "VersionNotFound": (404, None),
    "KeyNotFound": (404, None),
    "WorkspaceNotFound": (404, None),
    "MethodNotAllowed": (405, None),
    "Conflict": (400, None),
    "LastAdminKey": (400, None),
    "InProgress": (400, None),
    "IdempotencyKeyReused": (400, None),
    "PreconditionFailed": (400, None),
    "KeyRefused": (401, None),
    "SignatureRefused": (401, None),
    "Forbidden": (403, None),
    "ScopeMissing": (403, None),
    "QuotaExceeded": (403, None),
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
    return {"Authorization": f"Key {key}"}


def check_platform_error(response: httpx.Response, type: str | int | None) -> None:  # noqa: A002 - the vendor's own word
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["type", "message", "request_id"]
    assert body["error"]["type"] == type
    assert body["error"]["message"].strip()
    assert body["error"]["request_id"] == response.headers["x-request-id"]


def check_storage_error(response: httpx.Response, _: object = None) -> None:
    """Check the body; fal-client shows `detail`."""
    body = response.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str)
    assert body["detail"].strip()


def hosted(suite: Suite, data: bytes | None = None, declared: str = "image/png") -> str:
    """Upload a file as fal's clients do and return its URL."""
    response = suite.client.post(
        "/files/upload",
        content=samples.png() if data is None else data,
        headers={**auth(suite.account.key), "Content-Type": declared},
    )
    assert response.status_code == 200, response.text
    suite.before = suite.stored.count(suite.account)
    return str(response.json()["access_url"])


def begun(suite: Suite) -> str:
    """Begin a multipart upload as the Python client does and return its path."""
    begun = BEGIN.send(suite.client, suite.account.key).json()
    suite.before = suite.stored.count(suite.account)
    return f"{begun['access_url']}/multipart/{begun['uploadId']}".removeprefix(suite.server.url)


def initiated(suite: Suite) -> str:
    """Begin a multipart upload as the JavaScript client does and return path and query."""
    begun = INITIATE_PARTS.send(suite.client, suite.account.key, json={"file_name": "a.png"}).json()
    suite.before = suite.stored.count(suite.account)
    return str(begun["upload_url"]).removeprefix(suite.server.url)


def initiated_single(suite: Suite) -> str:
    """Initiate an upload and return path and query of its URL."""
    response = INITIATE.send(suite.client, suite.account.key, json={"file_name": "a.png", "content_type": "image/png"})
    suite.before = suite.stored.count(suite.account)
    return str(response.json()["upload_url"]).removeprefix(suite.server.url)


REGISTER = Endpoint(
    name="fal-register",
    path="/v1/assets/uploads",
    auth=auth,
    refusals=PLATFORM,
    check_error=check_platform_error,
    valid=lambda suite: {"json": {"url": hosted(suite), "type": "image"}},
    success=201,
    spec=Spec("fal-upload-asset.openapi.json", "/assets/uploads"),
)


def asset(suite: Suite) -> dict[str, Any]:
    """Create an asset for this request and return its path."""
    body = {"url": hosted(suite), "type": "image"}
    id = REGISTER.send(suite.client, suite.account.key, json=body).json()["asset"]["vector_id"]
    suite.before = suite.stored.count(suite.account)
    return {"path": f"/v1/assets/{id}"}


_ASSET: dict[str, Any] = {
    "path": f"/v1/assets/{'0' * 32}",
    "auth": auth,
    "refusals": PLATFORM,
    "check_error": check_platform_error,
    "valid": asset,
    "wrong_method": "PATCH",
}
GET_ASSET = Endpoint(name="fal-get-asset", method="GET", scope=Scope.READ, **_ASSET)
DELETE_ASSET = Endpoint(name="fal-delete-asset", method="DELETE", success=204, **_ASSET)


def _file(_: Suite) -> dict[str, Any]:
    return {"content": samples.png(), "headers": {"Content-Type": "image/png"}}


_STORAGE_COMMON: dict[str, Any] = {"auth": auth, "refusals": STORAGE, "check_error": check_storage_error}

TOKEN = Endpoint(name="fal-token", path="/storage/auth/token", valid=lambda _: {"json": {}}, **_STORAGE_COMMON)
INITIATE = Endpoint(
    name="fal-initiate",
    path="/storage/upload/initiate",
    valid=lambda _: {"json": {"file_name": "a.png", "content_type": "image/png"}},
    **_STORAGE_COMMON,
)
UPLOAD = Endpoint(
    name="fal-upload",
    path="/files/upload",
    valid=_file,
    types=frozenset(samples.ACCEPTED),
    limit=5 * GIB,
    **_STORAGE_COMMON,
)
BEGIN = Endpoint(
    name="fal-begin", path="/files/upload/multipart", valid=lambda _: {}, wrong_method="PUT", **_STORAGE_COMMON
)
INITIATE_PARTS = Endpoint(
    name="fal-initiate-multipart",
    path="/storage/upload/initiate-multipart",
    valid=lambda _: {"json": {"file_name": "a.png", "content_type": "image/png"}},
    **_STORAGE_COMMON,
)


def _part(suite: Suite) -> dict[str, Any]:
    return {"path": f"{begun(suite)}/1", "content": samples.png()}


def _completion(suite: Suite) -> dict[str, Any]:
    path = begun(suite)
    etag = PART.send(suite.client, suite.account.key, path=f"{path}/1", content=samples.png()).headers["etag"]
    suite.before = suite.stored.count(suite.account)
    return {"path": f"{path}/complete", "json": {"parts": [{"partNumber": 1, "etag": etag}]}}


_NO_UPLOAD = f"/files/b/{'0' * 32}/a.png/multipart/{'0' * 32}"
PART = Endpoint(name="fal-part", method="PUT", path=f"{_NO_UPLOAD}/1", valid=_part, **_STORAGE_COMMON)
COMPLETE = Endpoint(
    name="fal-complete", path=f"{_NO_UPLOAD}/complete", valid=_completion, wrong_method="PATCH", **_STORAGE_COMMON
)

_PLATFORM_COMMON: dict[str, Any] = {"auth": auth, "refusals": PLATFORM_STORAGE, "check_error": check_platform_error}
_READS: dict[str, Any] = {**_PLATFORM_COMMON, "method": "GET", "scope": Scope.READ}
_ACL, _SETTINGS = "/v1/storage/files/acl", "/v1/storage/settings"


def _at(suite: Suite) -> dict[str, Any]:
    return {"params": {"url": hosted(suite)}}


GET_ACL = Endpoint(name="fal-get-acl", path=_ACL, valid=_at, **_READS)
PUT_ACL = Endpoint(
    name="fal-put-acl",
    method="PUT",
    path=_ACL,
    valid=lambda suite: {**_at(suite), "json": {"default": "allow"}},
    **_PLATFORM_COMMON,
)
SIGN = Endpoint(
    name="fal-sign",
    path="/v1/storage/files/sign",
    valid=lambda suite: {**_at(suite), "json": {"expiration_seconds": 60}},
    **_PLATFORM_COMMON,
)
GET_SETTINGS = Endpoint(name="fal-get-settings", path=_SETTINGS, valid=lambda _: {}, **_READS)
PUT_SETTINGS = Endpoint(
    name="fal-put-settings", method="PUT", path=_SETTINGS, valid=lambda _: {"json": {}}, **_PLATFORM_COMMON
)

ERROR_TABLES = {
    "fal": ErrorTable(PLATFORM, check_platform_error, REGISTER.spec),
    "fal-platform-storage": ErrorTable(PLATFORM_STORAGE, check_platform_error),
    "fal-storage": ErrorTable(STORAGE, check_storage_error),
}
