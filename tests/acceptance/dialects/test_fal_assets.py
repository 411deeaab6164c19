"""fal: POST /v1/assets/uploads."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import FAL_UPLOAD, KREA, Sample, assert_fal_error, register
from tests.acceptance.openapi import check_openapi

TYPES = {"image/png": "image", "video/mp4": "video", "audio/mpeg": "audio", "model/gltf-binary": "3d"}


def upload_file(http: httpx.Client, key: str, data: bytes, mime: str = "image/png") -> str:
    response = FAL_UPLOAD.send(http, key, Sample(data, mime, "my picture.png"))
    return FAL_UPLOAD.url(response.raise_for_status().json())


@pytest.mark.parametrize("mime", TYPES)
def test_registered_url_becomes_asset(http: httpx.Client, key: str, mime: str) -> None:
    url = upload_file(http, key, samples.ACCEPTED[mime](), mime)
    response = register(http, key, url, TYPES[mime], prompt="ein Hund 🐕", favorite=True)
    assert response.status_code == 201, response.text
    asset = check_openapi("fal-upload-asset", response)["asset"]
    assert (asset["url"], asset["type"], asset["content_type"]) == (url, TYPES[mime], mime)
    assert (asset["prompt"], asset["is_favorited"]) == ("ein Hund 🐕", True)
    assert (asset["tags"], asset["collection_ids"], asset["similarity"]) == ([], [], None)
    assert asset["title"]


def test_same_url_is_same_asset(http: httpx.Client, key: str) -> None:
    url = upload_file(http, key, samples.png())
    first, second = (register(http, key, url, "image").json()["asset"] for _ in range(2))
    assert first == second


def test_asset_of_other_dialect_is_found_by_its_url(http: httpx.Client, key: str) -> None:
    asset = KREA.send(http, key, Sample(samples.webp(), "image/webp")).json()
    registered = check_openapi("fal-upload-asset", register(http, key, asset["image_url"], "image"))["asset"]
    assert (registered["vector_id"], registered["url"]) == (asset["id"], asset["image_url"])


def test_same_idempotency_key_gets_same_response(http: httpx.Client, key: str) -> None:
    idempotency_key = {"authorization": f"Key {key}", "idempotency-key": str(uuid4())}
    body = {"url": upload_file(http, key, samples.png()), "type": "image"}
    first, again = (http.post("/v1/assets/uploads", json=body, headers=idempotency_key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    other = http.post("/v1/assets/uploads", json={**body, "prompt": "another"}, headers=idempotency_key)
    assert other.status_code == 409
    assert_fal_error(other)


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"url": ""},
        {"url": 7},
        {"type": "document"},
        {"type": None},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"favorite": "yes"},
        {"tag_ids": "one"},
        {"tag_ids": [1]},
        {"collection_id": ""},
    ],
    ids=str,
)
def test_invalid_field_gets_422(http: httpx.Client, key: str, change: dict[str, Any]) -> None:
    url = upload_file(http, key, samples.png())
    body = {"url": url, "type": "image", **change}
    response = http.post("/v1/assets/uploads", json=body, headers={"authorization": f"Key {key}"})
    assert response.status_code == 422, response.text
    assert_fal_error(response)
    assert response.json()["error"]["type"] == "validation_error"


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff\xfe", b'{"url": "\xff"}', b'{"x":' + b"[" * 100_000])
def test_malformed_json_gets_400(http: httpx.Client, key: str, body: bytes) -> None:
    headers = {"authorization": f"Key {key}", "content-type": "application/json"}
    response = http.post("/v1/assets/uploads", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert_fal_error(response)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "http://127.0.0.1:1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:1/a.png",
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "data:image/png;base64,AAAA",
        "gopher://127.0.0.1:11211/_stats",
        "http://2130706433/",
        "http://0x7f.1/",
        "//example.com/a.png",
        "not a url",
        "http://",
        "http://[",
        "http://user:pass@example.com/a.png",
    ],
)
def test_foreign_host_url_gets_422(http: httpx.Client, key: str, url: str) -> None:
    response = register(http, key, url, "image")
    assert response.status_code == 422, response.text
    assert_fal_error(response)


@pytest.mark.parametrize("path", ["/files/b/{id}/a.png", "/files/b/{id}", "/readyz", "/", "/files/b/../../readyz"])
def test_own_url_without_file_gets_404(http: httpx.Client, key: str, path: str) -> None:
    response = register(http, key, str(http.base_url).rstrip("/") + path.format(id=uuid4().hex), "image")
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found")
    assert_fal_error(response)


@pytest.mark.parametrize("more", [{"tag_ids": [str(uuid4())]}, {"tag_ids": ["x"]}, {"collection_id": str(uuid4())}])
def test_unknown_tag_or_collection_gets_404(http: httpx.Client, key: str, more: dict[str, Any]) -> None:
    response = register(http, key, upload_file(http, key, samples.png()), "image", **more)
    assert response.status_code == 404
    assert_fal_error(response)


def test_type_contradicting_content_gets_422(http: httpx.Client, key: str) -> None:
    response = register(http, key, upload_file(http, key, samples.png()), "video")
    assert response.status_code == 422
    assert_fal_error(response)


def test_missing_or_invalid_key_gets_401(http: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Key nonsense"}, {"authorization": "Key a:b"}):
        response = http.post("/v1/assets/uploads", json={"url": "http://x/", "type": "image"}, headers=headers)
        assert (response.status_code, response.json()["error"]["type"]) == (401, "authorization_error")
        assert_fal_error(response)
