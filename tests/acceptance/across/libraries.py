"""Each way to create, find and delete an asset, across the dialects."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from tests.acceptance.endpoints import Json, Sample, bearer, fal_put, fal_upload, heygen_v1, heygen_v3, krea, register

Create = Callable[[httpx.Client, str, Sample], UUID]


class AssetView(NamedTuple):
    """The fields of an asset that every dialect returns."""

    id: UUID
    url: str
    kind: str


Lookup = Callable[[httpx.Client, str, UUID], AssetView | None]
"""Finds one asset, by its id or in a list; None if it does not exist."""


def _ok(response: httpx.Response) -> Any:
    assert response.is_success, (response.request.url, response.status_code, response.text)
    return response.json()


def by_krea(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return UUID(_ok(krea(http, key, sample))["id"])


def by_heygen_v1(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return UUID(_ok(heygen_v1(http, key, sample))["data"]["id"])


def by_talking_photo(http: httpx.Client, key: str, sample: Sample) -> UUID:
    headers = {"x-api-key": key, "content-type": sample.type}
    return UUID(_ok(http.post("/v1/talking_photo", content=sample.data, headers=headers))["data"]["talking_photo_id"])


def by_heygen_v3(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return UUID(_ok(heygen_v3(http, key, sample))["data"]["asset_id"])


def by_direct_upload(http: httpx.Client, key: str, sample: Sample) -> UUID:
    initiated = direct(http, key, sample)
    _ok(http.put(initiated["upload_url"], content=sample.data, headers=initiated["upload_headers"]))
    id = initiated["asset_id"]
    _ok(http.post(f"/v3/assets/{id}/complete", json={}, headers={"x-api-key": key}))
    return UUID(id)


def direct(http: httpx.Client, key: str, sample: Sample) -> Json:
    declared = {"filename": sample.name, "content_type": sample.type, "size_bytes": len(sample.data)}
    initiated: Json = _ok(http.post("/v3/assets/direct-uploads", json=declared, headers={"x-api-key": key}))["data"]
    return initiated


def by_fal_upload(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _registered(http, key, _ok(fal_upload(http, key, sample))["access_url"], sample)


def by_fal_put(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _registered(http, key, _ok(fal_put(http, key, sample))["file_url"], sample)


def by_fal_parts(http: httpx.Client, key: str, sample: Sample) -> UUID:
    headers = {"authorization": f"Key {key}", "content-type": sample.type, "x-fal-file-name": sample.name}
    created = _ok(http.post("/files/upload/multipart", headers=headers))
    address, half = f"{created['access_url']}/multipart/{created['uploadId']}", len(sample.data) // 2
    parts = []
    for number, part in ((2, sample.data[half:]), (1, sample.data[:half])):
        response = http.put(f"{address}/{number}", content=part, headers={"authorization": f"Key {key}"})
        _ok(response)
        parts.append({"partNumber": number, "etag": response.headers["etag"]})
    url = _ok(http.post(f"{address}/complete", json={"parts": parts}, headers={"authorization": f"Key {key}"}))
    return _registered(http, key, url["access_url"], sample)


def _registered(http: httpx.Client, key: str, url: str, sample: Sample) -> UUID:
    return UUID(_ok(register(http, key, url, sample.type.split("/")[0]))["asset"]["vector_id"])


def by_base64(http: httpx.Client, key: str, sample: Sample) -> UUID:
    source = {"type": "base64", "media_type": sample.type, "data": b64encode(sample.data).decode()}
    return _native(http, key, source)


def by_url(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _native(http, key, {"type": "url", "url": _ok(fal_upload(http, key, sample))["access_url"]})


def by_asset_id(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _native(http, key, {"type": "asset_id", "asset_id": by_krea(http, key, sample).hex})


def _native(http: httpx.Client, key: str, source: Json) -> UUID:
    return UUID(_ok(http.post("/api/assets", json={"source": source}, headers=bearer(key)))["id"])


def in_krea(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    body = _found(http.get(f"/assets/{id}", headers=bearer(key)))
    return AssetView(UUID(body["id"]), body["image_url"], body["mime_type"].split("/")[0]) if body else None


def in_krea_list(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    items = _ok(http.get("/assets", params={"limit": 1000}, headers=bearer(key)))["items"]
    return _one([AssetView(UUID(each["id"]), each["url"], each["mime_type"].split("/")[0]) for each in items], id)


def in_heygen_v1_list(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    data = _ok(http.get("/v1/asset/list", headers={"x-api-key": key}))["data"]
    return _one([AssetView(UUID(each["id"]), each["url"], each["file_type"]) for each in data["assets"]], id)


def in_heygen_v3(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    body = _found(http.get(f"/v3/assets/{id.hex}", headers={"x-api-key": key}))
    return _v3(body["data"]) if body else None


def in_heygen_v3_list(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    items = _ok(http.get("/v3/assets", params={"limit": 100}, headers={"x-api-key": key}))["data"]
    return _one([_v3(each) for each in items], id)


def _v3(body: Json) -> AssetView:
    return AssetView(UUID(body["id"]), body["url"], body["type"])


def in_fal(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    body = _found(http.get(f"/v1/assets/{id}", headers={"authorization": f"Key {key}"}))
    return AssetView(UUID(body["asset"]["vector_id"]), body["asset"]["url"], body["asset"]["type"]) if body else None


def in_native(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    body = _found(http.get(f"/api/assets/{id}", headers=bearer(key)))
    return AssetView(UUID(body["id"]), body["url"], body["kind"]) if body else None


def in_native_list(http: httpx.Client, key: str, id: UUID) -> AssetView | None:
    items = _ok(http.get("/api/assets", params={"limit": 1000}, headers=bearer(key)))["items"]
    return _one([AssetView(UUID(each["id"]), each["url"], each["kind"]) for each in items], id)


def _found(response: httpx.Response) -> Any:
    return None if response.status_code == httpx.codes.NOT_FOUND else _ok(response)


def _one(views: list[AssetView], id: UUID) -> AssetView | None:
    found = [each for each in views if each.id == id]
    assert len(found) <= 1
    return found[0] if found else None


CREATE: dict[str, Create] = {
    "krea": by_krea,
    "heygen_v1": by_heygen_v1,
    "talking_photo": by_talking_photo,
    "heygen_v3": by_heygen_v3,
    "direct_upload": by_direct_upload,
    "fal_upload": by_fal_upload,
    "fal_put": by_fal_put,
    "fal_parts": by_fal_parts,
    "base64": by_base64,
    "url": by_url,
    "asset_id": by_asset_id,
}
LOOKUPS: dict[str, Lookup] = {
    "krea": in_krea,
    "krea_list": in_krea_list,
    "heygen_v1_list": in_heygen_v1_list,
    "heygen_v3": in_heygen_v3,
    "heygen_v3_list": in_heygen_v3_list,
    "fal": in_fal,
    "native": in_native,
    "native_list": in_native_list,
}
DELETE: dict[str, tuple[str, str]] = {
    "krea": ("DELETE", "/assets/{}"),
    "heygen_v1": ("POST", "/v1/asset/{}/delete"),
    "talking_photo": ("DELETE", "/v2/talking_photo/{}"),
    "heygen_v3": ("DELETE", "/v3/assets/{}"),
    "fal": ("DELETE", "/v1/assets/{}"),
    "native": ("DELETE", "/api/assets/{}"),
}


def remove(http: httpx.Client, key: str, by: str, id: UUID) -> httpx.Response:
    method, path = DELETE[by]
    return http.request(method, path.format(id.hex), headers=bearer(key))
