"""A request that is not valid is told which field is at fault, at every door."""

from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form, text_part

_UNKNOWN = "0" * 8 + "-0000-4000-8000-" + "0" * 12
_FAL = "/v1/assets"
_V3 = "/v3/assets"
_CHARACTER = {"name": "a", "description": "b", "reference_images": ["x"]}
_LEAF = {"field": "type", "value": "image"}
_IMAGE = {"url": "x", "type": "image"}
_DIRECT = {"filename": "a.png", "content_type": "image/png", "size_bytes": 1}


def _body(field: str, path: str, body: Any, method: str = "POST") -> Any:
    return pytest.param(method, path, {"json": body}, field, id=f"{method} {path} {field}")


def _query(field: str, path: str, value: str = "no") -> Any:
    url = str(httpx.URL(path).copy_merge_params({field: value}))
    return pytest.param("GET", url, {}, field, id=f"GET {path} {field}")


def _header(field: str, path: str, body: Any = None) -> Any:
    return pytest.param("POST", path, {"headers": {field: "n o"}, "json": body}, field, id=f"POST {path} {field}")


def _form(field: str, path: str, *parts: bytes) -> Any:
    request = {"content": form(*parts), "headers": {"Content-Type": CONTENT_TYPE}}
    return pytest.param("POST", path, request, field, id=f"POST {path} {field}")


REFUSED = [
    _form("file", "/assets"),
    _form("file", "/assets", file_part(samples.png()), file_part(samples.png())),
    _form("description", "/assets", file_part(samples.png()), text_part("description", "x" * 10_001)),
    _form("description", "/assets", file_part(samples.png()), text_part("description", b"\xff")),
    _form("file", "/v3/assets"),
    _query("limit", "/assets"),
    _query("cursor", "/assets"),
    _body("url", f"{_FAL}/uploads", {"type": "image"}),
    _body("url", f"{_FAL}/uploads", {"type": "image", "url": 1}),
    _body("url", f"{_FAL}/uploads", {"type": "image", "url": ""}),
    _body("url", f"{_FAL}/uploads", {"type": "image", "url": "https://example.com/a.png"}),
    _body("url", f"{_FAL}/uploads", {"type": "image", "url": "a\0"}),
    _body("type", f"{_FAL}/uploads", {"url": "x"}),
    _body("type", f"{_FAL}/uploads", {"url": "x", "type": "no"}),
    _body("prompt", f"{_FAL}/uploads", {**_IMAGE, "prompt": ""}),
    _body("prompt", f"{_FAL}/uploads", {**_IMAGE, "prompt": "a\0"}),
    _body("favorite", f"{_FAL}/uploads", {**_IMAGE, "favorite": 1}),
    _body("tag_ids", f"{_FAL}/uploads", {**_IMAGE, "tag_ids": [1]}),
    _body("inputs[0].url", f"{_FAL}/uploads", {**_IMAGE, "request_id": "r", "inputs": [{"url": "a"}]}),
    _body("request_id", f"{_FAL}/uploads", {**_IMAGE, "inputs": [{"url": "http://a/"}]}),
    _body("vector_id", f"{_FAL}/favorite", {}),
    _body("name", f"{_FAL}/tags", {}),
    _body("name", f"{_FAL}/tags", {"name": " "}),
    _body("tag_ids", f"{_FAL}/tags", {"vector_id": _UNKNOWN}, "PUT"),
    _body("name", f"{_FAL}/collections", {"name": ""}),
    _body("color", f"{_FAL}/collections", {"name": "a", "color": "x" * 65}),
    _body("cover_image_url", f"{_FAL}/collections", {"name": "a", "cover_image_url": "https://example.com/a.png"}),
    _body("filters.op", f"{_FAL}/collections", {"name": "a", "filters": {**_LEAF, "op": "no"}}),
    _body("description", f"{_FAL}/characters", {"name": "a", "reference_images": ["x"]}),
    _body("reference_images", f"{_FAL}/characters", {"name": "a", "description": "b", "reference_images": []}),
    _body(
        "identifier",
        f"{_FAL}/characters",
        {**_CHARACTER, "identifier": "?"},
    ),
    *(_query(name, _FAL) for name in ("limit", "cursor", "section", "media_type", "source", "tag_mode")),
    _query("q", _FAL, "x" * 2001),
    *(_query(name, f"{_FAL}/collections") for name in ("limit", "offset")),
    *(_query(name, f"{_FAL}/characters") for name in ("limit", "offset")),
    _query("depth", f"{_FAL}/{_UNKNOWN}/lineage"),
    _query("url", "/v1/storage/files/acl", ""),
    _body("expiration_seconds", "/v1/storage/files/sign?url=x", {"expiration_seconds": 0}),
    _body("default", "/v1/storage/files/acl?url=x", {}, "PUT"),
    _body("initial_acl.default", "/v1/storage/settings", {"initial_acl": {}}, "PUT"),
    _body("expiration_duration_seconds", "/v1/storage/settings", {"expiration_duration_seconds": 0}, "PUT"),
    _body("file_name", "/storage/upload/initiate", {"file_name": 1}),
    _body("content_type", "/storage/upload/initiate-multipart", {"content_type": 1}),
    pytest.param(
        "GET", "/api/fal/proxy", {"headers": {"X-Fal-Target-Url": "http://a/"}}, "X-Fal-Target-Url", id="proxy"
    ),
    pytest.param(
        "POST", "/files/upload", {"headers": {"X-Fal-Object-Lifecycle": "no"}}, "X-Fal-Object-Lifecycle", id="lifecycle"
    ),
    *(_query(name, "/v1/asset/list") for name in ("limit", "token", "file_type")),
    *(_query(name, "/v1/folders") for name in ("limit", "token", "is_trash")),
    _body("name", "/v1/folders/create", {}),
    _body("name", "/v1/folders/create", {"name": ""}),
    _body("project_type", "/v1/folders/create", {"name": "a", "project_type": "no"}),
    _query("limit", "/v1/talking_photo.list"),
    *(_query(name, "/v3/assets") for name in ("limit", "token")),
    *(_query(name, "/v3/assets/search?query=a&type=image") for name in ("limit", "token", "scope")),
    _query("type", "/v3/assets/search?query=a"),
    _query("query", "/v3/assets/search", " "),
    _body("size_bytes", "/v3/assets/direct-uploads", {**_DIRECT, "size_bytes": 0}),
    _body("content_type", "/v3/assets/direct-uploads", {**_DIRECT, "content_type": "text/html"}),
    _body("checksum_sha256", "/v3/assets/direct-uploads", {**_DIRECT, "checksum_sha256": "no"}),
    _body("filename", "/v3/assets/direct-uploads", {"content_type": "image/png", "size_bytes": 1}),
    _body("files[0].filename", f"{_V3}/direct-uploads/batches", {"files": [{"size_bytes": 1}]}),
    _body("files", "/v3/assets/direct-uploads/batches", {"files": []}),
    _body("batch_id", "/v3/assets/complete/batches", {}),
    _query("limit", f"/v3/assets/batches/{_UNKNOWN}"),
    _query("asset_ids", "/v3/assets/statuses", ""),
    _body("source", "/api/assets", {}),
    _body("source.type", "/api/assets", {"source": {"type": "no"}}),
    _body("url", "/api/assets", {"source": {"type": "url", "url": "https://example.com/a.png"}}),
    _body("data", "/api/assets", {"source": {"type": "base64", "media_type": "image/png", "data": "?"}}),
    _body("data", "/api/assets", {"source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}),
    _body("folder_id", "/api/assets", {"source": {"type": "url", "url": "x"}, "folder_id": "no"}),
    _body("titel", "/api/assets", {"source": {"type": "url", "url": "x"}, "titel": "a"}),
    *(_query(name, "/api/assets") for name in ("limit", "cursor", "kind")),
    *(_query(name, "/api/search?q=a") for name in ("limit", "cursor", "kind")),
    _query("q", "/api/search", ""),
    _query("limit", f"/api/assets/{_UNKNOWN}/similar"),
    _query("depth", f"/api/assets/{_UNKNOWN}/lineage"),
]


@pytest.mark.parametrize(("method", "path", "request_", "field"), REFUSED)
def test_refusal_names_the_field(
    client: httpx.Client, account: Account, method: str, path: str, request_: dict[str, Any], field: str
) -> None:
    headers = {"Authorization": f"Bearer {account.key}", **request_.get("headers", {})}
    response = client.request(method, path, **{**request_, "headers": headers})
    assert response.status_code in (400, 415, 422), response.text
    if path.startswith("/v3/"):
        assert response.json()["error"]["param"] == field
    else:
        assert field in response.text
