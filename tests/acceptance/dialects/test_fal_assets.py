"""fal: POST /v1/assets/uploads."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import FAL_UPLOAD, KREA, Sample, refused_by_fal, register
from tests.acceptance.openapi import fits

TYPES = {"image/png": "image", "video/mp4": "video", "audio/mpeg": "audio", "model/gltf-binary": "3d"}


def stored(http: httpx.Client, key: str, data: bytes, mime: str = "image/png") -> str:
    answer = FAL_UPLOAD.send(http, key, Sample(data, mime, "my picture.png"))
    return FAL_UPLOAD.url(answer.raise_for_status().json())


@pytest.mark.parametrize("mime", TYPES)
def test_an_uploaded_url_becomes_an_asset(http: httpx.Client, key: str, mime: str) -> None:
    url = stored(http, key, samples.ACCEPTED[mime](), mime)
    answer = register(http, key, url, TYPES[mime], prompt="ein Hund 🐕", favorite=True)
    assert answer.status_code == 201, answer.text
    asset = fits("fal-upload-asset", answer)["asset"]
    assert (asset["url"], asset["type"], asset["content_type"]) == (url, TYPES[mime], mime)
    assert (asset["prompt"], asset["is_favorited"]) == ("ein Hund 🐕", True)
    assert (asset["tags"], asset["collection_ids"], asset["similarity"]) == ([], [], None)
    assert asset["title"]


def test_the_same_url_is_the_same_asset(http: httpx.Client, key: str) -> None:
    url = stored(http, key, samples.png())
    first, second = (register(http, key, url, "image").json()["asset"] for _ in range(2))
    assert first == second


def test_an_asset_of_another_door_is_found_by_its_url(http: httpx.Client, key: str) -> None:
    asset = KREA.send(http, key, Sample(samples.webp(), "image/webp")).json()
    registered = fits("fal-upload-asset", register(http, key, asset["image_url"], "image"))["asset"]
    assert (registered["vector_id"], registered["url"]) == (asset["id"], asset["image_url"])


def test_the_same_idempotency_key_gets_the_same_answer(http: httpx.Client, key: str) -> None:
    once = {"authorization": f"Key {key}", "idempotency-key": str(uuid4())}
    body = {"url": stored(http, key, samples.png()), "type": "image"}
    first, again = (http.post("/v1/assets/uploads", json=body, headers=once) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    other = http.post("/v1/assets/uploads", json={**body, "prompt": "another"}, headers=once)
    assert other.status_code == 409
    refused_by_fal(other)


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
def test_a_body_that_does_not_fit_is_a_422(http: httpx.Client, key: str, change: dict[str, Any]) -> None:
    url = stored(http, key, samples.png())
    body = {"url": url, "type": "image", **change}
    answer = http.post("/v1/assets/uploads", json=body, headers={"authorization": f"Key {key}"})
    assert answer.status_code == 422, answer.text
    refused_by_fal(answer)
    assert answer.json()["error"]["type"] == "validation_error"


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff\xfe", b'{"url": "\xff"}', b'{"x":' + b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_400(http: httpx.Client, key: str, body: bytes) -> None:
    headers = {"authorization": f"Key {key}", "content-type": "application/json"}
    answer = http.post("/v1/assets/uploads", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    refused_by_fal(answer)


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
def test_a_url_elsewhere_is_refused(http: httpx.Client, key: str, url: str) -> None:
    answer = register(http, key, url, "image")
    assert answer.status_code == 422, answer.text
    refused_by_fal(answer)


@pytest.mark.parametrize("path", ["/files/b/{id}/a.png", "/files/b/{id}", "/readyz", "/", "/files/b/../../readyz"])
def test_a_url_here_that_names_no_file_is_a_404(http: httpx.Client, key: str, path: str) -> None:
    answer = register(http, key, str(http.base_url).rstrip("/") + path.format(id=uuid4().hex), "image")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")
    refused_by_fal(answer)


@pytest.mark.parametrize("more", [{"tag_ids": [str(uuid4())]}, {"tag_ids": ["x"]}, {"collection_id": str(uuid4())}])
def test_unknown_tags_and_collections_are_a_404(http: httpx.Client, key: str, more: dict[str, Any]) -> None:
    answer = register(http, key, stored(http, key, samples.png()), "image", **more)
    assert answer.status_code == 404
    refused_by_fal(answer)


def test_a_type_that_contradicts_the_content_is_a_422(http: httpx.Client, key: str) -> None:
    answer = register(http, key, stored(http, key, samples.png()), "video")
    assert answer.status_code == 422
    refused_by_fal(answer)


def test_no_or_a_bad_key_is_a_401(http: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Key nonsense"}, {"authorization": "Key a:b"}):
        answer = http.post("/v1/assets/uploads", json={"url": "http://x/", "type": "image"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authorization_error")
        refused_by_fal(answer)
