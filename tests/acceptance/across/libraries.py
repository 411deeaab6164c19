"""Every way to make an asset, to find it again, and to remove it: one library, many spellings."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from tests.acceptance.endpoints import Json, Sample, bearer, fal_put, fal_upload, heygen_v1, heygen_v3, krea, register

Enter = Callable[[httpx.Client, str, Sample], UUID]


class Seen(NamedTuple):
    """What every dialect says of an asset, in its own words."""

    id: UUID
    url: str
    kind: str


Look = Callable[[httpx.Client, str, UUID], Seen | None]
"""Finds one asset, by its id or in a list; None if it is not there."""


def _ok(answer: httpx.Response) -> Any:
    assert answer.is_success, (answer.request.url, answer.status_code, answer.text)
    return answer.json()


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
    promised = direct(http, key, sample)
    _ok(http.put(promised["upload_url"], content=sample.data, headers=promised["upload_headers"]))
    id = promised["asset_id"]
    _ok(http.post(f"/v3/assets/{id}/complete", json={}, headers={"x-api-key": key}))
    return UUID(id)


def direct(http: httpx.Client, key: str, sample: Sample) -> Json:
    wanted = {"filename": sample.name, "content_type": sample.type, "size_bytes": len(sample.data)}
    promised: Json = _ok(http.post("/v3/assets/direct-uploads", json=wanted, headers={"x-api-key": key}))["data"]
    return promised


def by_fal_upload(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _registered(http, key, _ok(fal_upload(http, key, sample))["access_url"], sample)


def by_fal_put(http: httpx.Client, key: str, sample: Sample) -> UUID:
    return _registered(http, key, _ok(fal_put(http, key, sample))["file_url"], sample)


def by_fal_parts(http: httpx.Client, key: str, sample: Sample) -> UUID:
    headers = {"authorization": f"Key {key}", "content-type": sample.type, "x-fal-file-name": sample.name}
    begun = _ok(http.post("/files/upload/multipart", headers=headers))
    address, half = f"{begun['access_url']}/multipart/{begun['uploadId']}", len(sample.data) // 2
    parts = []
    for number, part in ((2, sample.data[half:]), (1, sample.data[:half])):
        answer = http.put(f"{address}/{number}", content=part, headers={"authorization": f"Key {key}"})
        _ok(answer)
        parts.append({"partNumber": number, "etag": answer.headers["etag"]})
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


def in_krea(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    body = _found(http.get(f"/assets/{id}", headers=bearer(key)))
    return Seen(UUID(body["id"]), body["image_url"], body["mime_type"].split("/")[0]) if body else None


def in_krea_list(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    items = _ok(http.get("/assets", params={"limit": 1000}, headers=bearer(key)))["items"]
    return _one([Seen(UUID(each["id"]), each["url"], each["mime_type"].split("/")[0]) for each in items], id)


def in_heygen_v1_list(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    data = _ok(http.get("/v1/asset/list", headers={"x-api-key": key}))["data"]
    return _one([Seen(UUID(each["id"]), each["url"], each["file_type"]) for each in data["assets"]], id)


def in_heygen_v3(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    body = _found(http.get(f"/v3/assets/{id.hex}", headers={"x-api-key": key}))
    return _v3(body["data"]) if body else None


def in_heygen_v3_list(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    items = _ok(http.get("/v3/assets", params={"limit": 100}, headers={"x-api-key": key}))["data"]
    return _one([_v3(each) for each in items], id)


def _v3(body: Json) -> Seen:
    return Seen(UUID(body["id"]), body["url"], body["type"])


def in_fal(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    body = _found(http.get(f"/v1/assets/{id}", headers={"authorization": f"Key {key}"}))
    return Seen(UUID(body["asset"]["vector_id"]), body["asset"]["url"], body["asset"]["type"]) if body else None


def in_ours(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    body = _found(http.get(f"/api/assets/{id}", headers=bearer(key)))
    return Seen(UUID(body["id"]), body["url"], body["kind"]) if body else None


def in_our_list(http: httpx.Client, key: str, id: UUID) -> Seen | None:
    items = _ok(http.get("/api/assets", params={"limit": 1000}, headers=bearer(key)))["items"]
    return _one([Seen(UUID(each["id"]), each["url"], each["kind"]) for each in items], id)


def _found(answer: httpx.Response) -> Any:
    return None if answer.status_code == httpx.codes.NOT_FOUND else _ok(answer)


def _one(seen: list[Seen], id: UUID) -> Seen | None:
    found = [each for each in seen if each.id == id]
    assert len(found) <= 1
    return found[0] if found else None


ENTRANCES: dict[str, Enter] = {
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
VIEWS: dict[str, Look] = {
    "krea": in_krea,
    "krea_list": in_krea_list,
    "heygen_v1_list": in_heygen_v1_list,
    "heygen_v3": in_heygen_v3,
    "heygen_v3_list": in_heygen_v3_list,
    "fal": in_fal,
    "ours": in_ours,
    "our_list": in_our_list,
}
EXITS: dict[str, tuple[str, str]] = {
    "krea": ("DELETE", "/assets/{}"),
    "heygen_v1": ("POST", "/v1/asset/{}/delete"),
    "talking_photo": ("DELETE", "/v2/talking_photo/{}"),
    "heygen_v3": ("DELETE", "/v3/assets/{}"),
    "fal": ("DELETE", "/v1/assets/{}"),
    "ours": ("DELETE", "/api/assets/{}"),
}


def remove(http: httpx.Client, key: str, by: str, id: UUID) -> httpx.Response:
    method, path = EXITS[by]
    return http.request(method, path.format(id.hex), headers=bearer(key))
