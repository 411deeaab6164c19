"""Every way to hand over a file, as the vendors' own clients do it, and how each of them says no."""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tests.acceptance.openapi import fits

Json = dict[str, Any]


class Sample(NamedTuple):
    """A file, and what its sender says about it."""

    data: bytes
    type: str
    name: str = "file"


class Endpoint(NamedTuple):
    """One way in. `refused` checks the shape of a refusal; `url` finds the file's address in a 2xx."""

    name: str
    send: Callable[[httpx.Client, str, Sample], httpx.Response]
    url: Callable[[Json], str]
    refused: Callable[[httpx.Response], None]
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
    """As fal-client does: a token first, then the bytes with it."""
    issued = http.post("/storage/auth/token", json={}, headers={"authorization": f"Key {key}"})
    token = issued.raise_for_status().json()
    headers = {
        "authorization": f"{token['token_type']} {token['token']}",
        "content-type": sample.type,
        "x-fal-file-name": sample.name,
    }
    return http.post("/files/upload", content=sample.data, headers=headers)


def initiate(http: httpx.Client, key: str, sample: Sample) -> Json:
    wanted = {"content_type": sample.type, "file_name": sample.name}
    headers = {"authorization": f"Key {key}"}
    answer = http.post("/storage/upload/initiate", params={"storage_type": "fal-cdn-v3"}, json=wanted, headers=headers)
    promised: Json = answer.raise_for_status().json()
    return promised


def fal_put(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    """As @fal-ai/client does: the PUT carries no key."""
    address = initiate(http, key, sample)["upload_url"]
    return http.put(address, content=sample.data, headers={"content-type": sample.type})


def register(http: httpx.Client, key: str, url: str, type: str, **more: Any) -> httpx.Response:  # noqa: A002 - the wire's word
    headers = {"authorization": f"Key {key}"}
    return http.post("/v1/assets/uploads", json={"url": url, "type": type, **more}, headers=headers)


def refused_by_krea(answer: httpx.Response) -> None:
    assert answer.json()["error"]
    if answer.status_code in (400, 401):
        fits("krea-upload-asset", answer)


def refused_by_heygen_v1(answer: httpx.Response) -> None:
    body = answer.json()
    assert isinstance(body["code"], int)
    assert body["code"] != 100
    assert body["data"] is None
    assert body["message"]


def refused_by_heygen_v3(answer: httpx.Response) -> None:
    assert answer.json()["error"]["code"]
    if answer.status_code in (400, 401, 429):
        fits("heygen-v3-upload-asset", answer)


def refused_by_fal_storage(answer: httpx.Response) -> None:
    assert isinstance(answer.json()["detail"], str)


def refused_by_fal(answer: httpx.Response) -> None:
    fits("fal-upload-asset", answer)


_HEYGEN = frozenset({"image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav"})
KREA = Endpoint(
    "krea",
    krea,
    lambda body: str(body["image_url"]),
    refused_by_krea,
    (_HEYGEN | {"image/webp", "image/heic", "video/quicktime", "model/gltf-binary"}),
)
HEYGEN_V1 = Endpoint("heygen_v1", heygen_v1, lambda body: str(body["data"]["url"]), refused_by_heygen_v1, _HEYGEN)
HEYGEN_V3 = Endpoint(
    "heygen_v3",
    heygen_v3,
    lambda body: str(body["data"]["url"]),
    refused_by_heygen_v3,
    _HEYGEN | {"application/pdf", "application/x-subrip"},
)
_EVERYTHING = KREA.accepts | HEYGEN_V3.accepts
FAL_UPLOAD = Endpoint(
    "fal_upload", fal_upload, lambda body: str(body["access_url"]), refused_by_fal_storage, _EVERYTHING
)
FAL_PUT = Endpoint("fal_put", fal_put, lambda body: str(body["file_url"]), refused_by_fal_storage, _EVERYTHING)

DOORS = (KREA, HEYGEN_V1, HEYGEN_V3, FAL_UPLOAD, FAL_PUT)
