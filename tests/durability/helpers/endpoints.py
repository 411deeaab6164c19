"""Uploads through the endpoint of each dialect, and checks of what they acknowledged."""

import hashlib
import itertools
import os
import struct
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from tests import samples


class AcknowledgedUpload(msgspec.Struct, frozen=True):
    """An upload that got a 2xx: these bytes must stay readable at `path`. `asset` is Krea's representation."""

    endpoint: str
    path: str
    sha256: str
    asset_id: uuid.UUID | None = None
    asset: dict[str, Any] | None = None
    replay: tuple[str, bytes] | None = None
    """Idempotency-Key and response body of HeyGen v3, which a retry must get again."""


UploadTo = Callable[[httpx.Client, str, bytes], AcknowledgedUpload]


class NotAcknowledged(Exception):
    """The upload got a status other than 2xx."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        super().__init__(f"{response.request.url}: {response.status_code} {response.text[:300]}")


def new_jpeg(size_about: int = 0) -> bytes:
    """Return a unique JPEG of about that size, filled with random comments."""
    data = samples.jpeg()
    filler = os.urandom(max(16, size_about - len(data)))
    blocks = (filler[at : at + 60_000] for at in range(0, len(filler), 60_000))
    return data[:2] + b"".join(b"\xff\xfe" + struct.pack(">H", len(block) + 2) + block for block in blocks) + data[2:]


def krea(http: httpx.Client, key: str, data: bytes) -> AcknowledgedUpload:
    files = {"file": ("picture.jpg", data, "image/jpeg")}
    asset = _json(http.post("/assets", files=files, data={"description": "kept"}, headers=_bearer(key)))
    return _acknowledged("krea", asset["image_url"], data, asset_id=uuid.UUID(asset["id"]), asset=asset)


def heygen_v1(http: httpx.Client, key: str, data: bytes) -> AcknowledgedUpload:
    headers = {"x-api-key": key, "content-type": "image/jpeg"}
    asset = _json(http.post("/v1/asset", content=data, headers=headers))["data"]
    return _acknowledged("heygen_v1", asset["url"], data, asset_id=uuid.UUID(asset["id"]))


def heygen_v3(http: httpx.Client, key: str, data: bytes) -> AcknowledgedUpload:
    idempotency_key = uuid.uuid4().hex
    response = post_v3(http, key, data, idempotency_key)
    asset = _json(response)["data"]
    return _acknowledged(
        "heygen_v3",
        asset["url"],
        data,
        asset_id=uuid.UUID(asset["asset_id"]),
        replay=(idempotency_key, response.content),
    )


def fal(http: httpx.Client, key: str, data: bytes) -> AcknowledgedUpload:
    """Upload the file, then register it: two acknowledged steps."""
    headers = {"authorization": f"Key {key}", "content-type": "image/jpeg", "x-fal-file-name": "picture.jpg"}
    url = _json(http.post("/files/upload", content=data, headers=headers))["access_url"]
    asset = _json(http.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=_bearer(key)))["asset"]
    return _acknowledged("fal", url, data, asset_id=uuid.UUID(asset["vector_id"]))


def fal_initiate(http: httpx.Client, key: str, data: bytes) -> AcknowledgedUpload:
    wanted = {"file_name": "picture.jpg", "content_type": "image/jpeg"}
    session = _json(http.post("/storage/upload/initiate", json=wanted, headers=_bearer(key)))
    _json(http.put(local(session["upload_url"]), content=data, headers={"content-type": "image/jpeg"}))
    return _acknowledged("fal_initiate", session["file_url"], data)


ENDPOINTS: dict[str, UploadTo] = {
    endpoint.__name__: endpoint for endpoint in (krea, heygen_v1, heygen_v3, fal, fal_initiate)
}


def cycle_endpoints(start: int = 0) -> "itertools.cycle[UploadTo]":
    """Cycle through the endpoints, beginning with number `start`."""
    endpoints = list(ENDPOINTS.values())
    return itertools.cycle(endpoints[start % len(endpoints) :] + endpoints[: start % len(endpoints)])


def post_v3(http: httpx.Client, key: str, data: bytes, idempotency_key: str) -> httpx.Response:
    files = {"file": ("picture.jpg", data, "image/jpeg")}
    return http.post("/v3/assets", files=files, headers={"x-api-key": key, "idempotency-key": idempotency_key})


def check(http: httpx.Client, key: str, upload: AcknowledgedUpload) -> None:
    """Assert that the bytes, the asset and the response to a retry are what was acknowledged."""
    got = http.get(upload.path)
    assert got.status_code == 200, (upload, got.text)
    assert sha256(got.content) == upload.sha256, upload
    if upload.asset_id:
        asset = _json(http.get(f"/assets/{upload.asset_id}", headers=_bearer(key)))
        assert local(asset["image_url"]) == upload.path, upload
        assert asset["size_bytes"] == len(got.content)
        assert upload.asset in (None, asset)
    if upload.replay:
        idempotency_key, body = upload.replay
        assert post_v3(http, key, got.content, idempotency_key).content == body, upload


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def local(url: str) -> str:
    """Return the URL without scheme and host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _json(response: httpx.Response) -> Any:
    if not response.is_success:
        raise NotAcknowledged(response)
    return response.json()


def _acknowledged(endpoint: str, url: str, data: bytes, **more: Any) -> AcknowledgedUpload:
    return AcknowledgedUpload(endpoint, local(url), sha256(data), **more)
