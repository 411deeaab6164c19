"""Each way to upload a file, as the vendors' own clients do it, and checks of each one's error body."""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tests.acceptance.openapi import check_openapi

Json = dict[str, Any]


class Sample(NamedTuple):
    """A file, and the type and name its sender declares."""

    data: bytes
    type: str
    name: str = "file"


class Endpoint(NamedTuple):
    """One upload endpoint. `assert_error` checks the shape of an error; `url` finds the file's URL in a 2xx body."""

    name: str
    send: Callable[[httpx.Client, str, Sample], httpx.Response]
    url: Callable[[Json], str]
    assert_error: Callable[[httpx.Response], None]
    accepts: frozenset[str]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def krea(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    return http.post("/assets", files={"file": (sample.name, sample.data, sample.type)}, headers=bearer(key))


def heygen_v1(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    headers = {"x-api-key": key, "content-type": sample.type}
    return http.post("/v1/asset", content=sample.data, headers=headers)


def heygen_v3(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    files = {"file": (sample.name, sample.data, sample.type)}
    return http.post("/v3/assets", files=files, headers={"x-api-key": key})


def fal_upload(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    """Upload as fal-client does: get a token, then send the bytes with it."""
    issued = http.post("/storage/auth/token", json={}, headers={"authorization": f"Key {key}"})
    token = issued.raise_for_status().json()
    headers = {
        "authorization": f"{token['token_type']} {token['token']}",
        "content-type": sample.type,
        "x-fal-file-name": sample.name,
    }
    return http.post("/files/upload", content=sample.data, headers=headers)


def initiate(http: httpx.Client, key: str, sample: Sample) -> Json:
    declared = {"content_type": sample.type, "file_name": sample.name}
    headers = {"authorization": f"Key {key}"}
    response = http.post(
        "/storage/upload/initiate", params={"storage_type": "fal-cdn-v3"}, json=declared, headers=headers
    )
    initiated: Json = response.raise_for_status().json()
    return initiated


def fal_put(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    """Upload as @fal-ai/client does: the PUT has no key."""
    address = initiate(http, key, sample)["upload_url"]
    return http.put(address, content=sample.data, headers={"content-type": sample.type})


def register(http: httpx.Client, key: str, url: str, type: str, **more: Any) -> httpx.Response:  # noqa: A002 - the wire's word
    headers = {"authorization": f"Key {key}"}
    return http.post("/v1/assets/uploads", json={"url": url, "type": type, **more}, headers=headers)


def assert_krea_error(response: httpx.Response) -> None:
    assert response.json()["error"]
    if response.status_code in (400, 401):
        check_openapi("krea-upload-asset", response)


def assert_heygen_v1_error(response: httpx.Response) -> None:
    body = response.json()
    assert isinstance(body["code"], int)
    assert body["code"] != 100
    assert body["data"] is None
    assert body["message"]


def assert_heygen_v3_error(response: httpx.Response) -> None:
    assert response.json()["error"]["code"]
    if response.status_code in (400, 401, 429):
        check_openapi("heygen-v3-upload-asset", response)


def assert_fal_storage_error(response: httpx.Response) -> None:
    assert isinstance(response.json()["detail"], str)


def assert_fal_error(response: httpx.Response) -> None:
    check_openapi("fal-upload-asset", response)


_HEYGEN = frozenset({"image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav"})
KREA = Endpoint(
    "krea",
    krea,
    lambda body: str(body["image_url"]),
    assert_krea_error,
    (_HEYGEN | {"image/webp", "image/heic", "video/quicktime", "model/gltf-binary"}),
)
HEYGEN_V1 = Endpoint("heygen_v1", heygen_v1, lambda body: str(body["data"]["url"]), assert_heygen_v1_error, _HEYGEN)
HEYGEN_V3 = Endpoint(
    "heygen_v3",
    heygen_v3,
    lambda body: str(body["data"]["url"]),
    assert_heygen_v3_error,
    _HEYGEN | {"application/pdf", "application/x-subrip"},
)
_ALL_TYPES = KREA.accepts | HEYGEN_V3.accepts
FAL_UPLOAD = Endpoint(
    "fal_upload", fal_upload, lambda body: str(body["access_url"]), assert_fal_storage_error, _ALL_TYPES
)
FAL_PUT = Endpoint("fal_put", fal_put, lambda body: str(body["file_url"]), assert_fal_storage_error, _ALL_TYPES)

ENDPOINTS = (KREA, HEYGEN_V1, HEYGEN_V3, FAL_UPLOAD, FAL_PUT)
