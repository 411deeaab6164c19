"""Uploads through every door, and what each of them promised."""

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


class Promise(msgspec.Struct, frozen=True):
    """What a 2xx said: from now on these bytes are at `path`. `asset` is Krea's spelling of the record."""

    endpoint: str
    path: str
    sha256: str
    asset_id: uuid.UUID | None = None
    asset: dict[str, Any] | None = None
    replay: tuple[str, bytes] | None = None
    """Idempotency-Key and body of HeyGen v3, to be answered again."""


Door = Callable[[httpx.Client, str, bytes], Promise]


class Refused(Exception):
    """Any answer but a 2xx."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        super().__init__(f"{answer.request.url}: {answer.status_code} {answer.text[:300]}")


def picture(size_about: int = 0) -> bytes:
    """A JPEG that nobody has sent before: random comments, up to the size."""
    data = samples.jpeg()
    filler = os.urandom(max(16, size_about - len(data)))
    blocks = (filler[at : at + 60_000] for at in range(0, len(filler), 60_000))
    return data[:2] + b"".join(b"\xff\xfe" + struct.pack(">H", len(block) + 2) + block for block in blocks) + data[2:]


def krea(http: httpx.Client, key: str, data: bytes) -> Promise:
    files = {"file": ("picture.jpg", data, "image/jpeg")}
    asset = _json(http.post("/assets", files=files, data={"description": "kept"}, headers=_bearer(key)))
    return _promise("krea", asset["image_url"], data, asset_id=uuid.UUID(asset["id"]), asset=asset)


def heygen_v1(http: httpx.Client, key: str, data: bytes) -> Promise:
    headers = {"x-api-key": key, "content-type": "image/jpeg"}
    asset = _json(http.post("/v1/asset", content=data, headers=headers))["data"]
    return _promise("heygen_v1", asset["url"], data, asset_id=uuid.UUID(asset["id"]))


def heygen_v3(http: httpx.Client, key: str, data: bytes) -> Promise:
    once = uuid.uuid4().hex
    answer = post_v3(http, key, data, once)
    asset = _json(answer)["data"]
    return _promise(
        "heygen_v3", asset["url"], data, asset_id=uuid.UUID(asset["asset_id"]), replay=(once, answer.content)
    )


def fal(http: httpx.Client, key: str, data: bytes) -> Promise:
    """Two acknowledged steps: the file, then its registration."""
    headers = {"authorization": f"Key {key}", "content-type": "image/jpeg", "x-fal-file-name": "picture.jpg"}
    url = _json(http.post("/files/upload", content=data, headers=headers))["access_url"]
    asset = _json(http.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=_bearer(key)))["asset"]
    return _promise("fal", url, data, asset_id=uuid.UUID(asset["vector_id"]))


def fal_promised(http: httpx.Client, key: str, data: bytes) -> Promise:
    wanted = {"file_name": "picture.jpg", "content_type": "image/jpeg"}
    session = _json(http.post("/storage/upload/initiate", json=wanted, headers=_bearer(key)))
    _json(http.put(local(session["upload_url"]), content=data, headers={"content-type": "image/jpeg"}))
    return _promise("fal_promised", session["file_url"], data)


DOORS: dict[str, Door] = {endpoint.__name__: endpoint for endpoint in (krea, heygen_v1, heygen_v3, fal, fal_promised)}


def in_turn(start: int = 0) -> "itertools.cycle[Door]":
    """Every door, again and again."""
    endpoints = list(DOORS.values())
    return itertools.cycle(endpoints[start % len(endpoints) :] + endpoints[: start % len(endpoints)])


def post_v3(http: httpx.Client, key: str, data: bytes, once: str) -> httpx.Response:
    files = {"file": ("picture.jpg", data, "image/jpeg")}
    return http.post("/v3/assets", files=files, headers={"x-api-key": key, "idempotency-key": once})


def check(http: httpx.Client, key: str, promise: Promise) -> None:
    """The promise is kept: the bytes, the record, and the answer that an idempotency key replays."""
    got = http.get(promise.path)
    assert got.status_code == 200, (promise, got.text)
    assert sha256(got.content) == promise.sha256, promise
    if promise.asset_id:
        asset = _json(http.get(f"/assets/{promise.asset_id}", headers=_bearer(key)))
        assert local(asset["image_url"]) == promise.path, promise
        assert asset["size_bytes"] == len(got.content)
        assert promise.asset in (None, asset)
    if promise.replay:
        once, body = promise.replay
        assert post_v3(http, key, got.content, once).content == body, promise


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def local(url: str) -> str:
    """A URL without scheme and host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _json(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Refused(answer)
    return answer.json()


def _promise(endpoint: str, url: str, data: bytes, **more: Any) -> Promise:
    return Promise(endpoint, local(url), sha256(data), **more)
