"""HeyGen v1: assets, folders and talking photos."""

import re
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import HEYGEN_V1, Sample, refused_by_heygen_v1
from tests.acceptance.openapi import fits

KINDS = {"image": "image", "video": "video", "audio": "audio"}


@pytest.mark.parametrize("mime", sorted(HEYGEN_V1.accepts))
def test_an_upload_has_the_documented_envelope(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    answer = HEYGEN_V1.send(http, key, Sample(data, mime))
    assert answer.status_code == 200, answer.text
    body = fits("heygen-v1-upload-asset", answer)
    asset = body["data"]
    assert (body["code"], body["msg"], body["message"]) == (100, None, None)
    assert re.fullmatch("[0-9a-f]{32}", asset["id"])
    assert asset["name"] == asset["id"]
    assert (asset["file_type"], asset["folder_id"], asset["meta"]) == (KINDS[mime.partition("/")[0]], "", None)
    assert abs(asset["created_ts"] - time.time()) < 3600
    assert (asset["image_key"] is not None) == mime.startswith("image/")
    assert http.get(asset["url"]).content == data


@pytest.mark.parametrize("declared", ["audio/x-wav", "audio/wave", "audio/wav", "AUDIO/WAV; x=1"])
def test_other_spellings_of_the_same_type_are_fine(http: httpx.Client, key: str, declared: str) -> None:
    assert HEYGEN_V1.send(http, key, Sample(samples.wav(), declared)).status_code == 200


@pytest.mark.parametrize(
    ("declared", "data"),
    [
        ("image/png", samples.jpeg()),
        ("video/mp4", samples.png()),
        ("audio/mpeg", samples.wav()),
        ("image/jpeg", samples.webm()),
        ("text/html", samples.png()),
    ],
)
def test_a_declared_type_that_contradicts_the_bytes_is_a_400(
    http: httpx.Client, key: str, declared: str, data: bytes
) -> None:
    answer = HEYGEN_V1.send(http, key, Sample(data, declared))
    assert answer.status_code == 400
    refused_by_heygen_v1(answer)


def test_a_form_is_answered_40001(http: httpx.Client, key: str) -> None:
    answer = http.post("/v1/asset", files={"file": samples.png()}, headers={"x-api-key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, 40001)


@pytest.mark.parametrize("type", ["image/png", "application/octet-stream"])
def test_an_empty_body_is_answered_40001(http: httpx.Client, key: str, type: str) -> None:  # noqa: A002 - a header's word
    answer = http.post("/v1/asset", content=b"", headers={"x-api-key": key, "content-type": type})
    assert (answer.status_code, answer.json()["code"]) == (400, 40001)


@pytest.mark.parametrize("mime", ["image/webp", "image/gif", "image/heic", "model/gltf-binary", "application/pdf"])
def test_other_types_are_refused(http: httpx.Client, key: str, mime: str) -> None:
    answer = HEYGEN_V1.send(http, key, Sample(samples.ACCEPTED[mime](), mime))
    assert answer.status_code == 400
    refused_by_heygen_v1(answer)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "nonsense"}])
def test_no_or_a_bad_key_is_a_401(http: httpx.Client, headers: dict[str, str]) -> None:
    answer = http.post("/v1/asset", content=samples.png(), headers={"content-type": "image/png", **headers})
    assert answer.status_code == 401
    refused_by_heygen_v1(answer)


def done(answer: httpx.Response) -> Any:
    """What stands in the envelope of lists, deletions and folders."""
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["error", "data"]
    assert answer.json()["error"] is None
    return answer.json()["data"]


def upload(http: httpx.Client, key: str, **query: str) -> dict[str, Any]:
    headers = {"x-api-key": key, "content-type": "image/png"}
    answer = http.post("/v1/asset", content=samples.png(), params=query, headers=headers)
    return dict(answer.raise_for_status().json()["data"])


def refused_everywhere(answer: httpx.Response, status: int) -> None:
    """A client of either envelope sees that it is a refusal, and why."""
    assert answer.status_code == status, answer.text
    refused_by_heygen_v1(answer)
    assert answer.json()["error"]["message"] == answer.json()["message"]
    assert isinstance(answer.json()["error"]["code"], str)


def test_assets_are_listed_and_deleted(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    first, second = (upload(http, key) for _ in range(2))
    page = done(http.get("/v1/asset/list", params={"limit": 1, "file_type": "image"}, headers=me))
    assert page["total"] >= 2
    query = {"limit": 1, "file_type": "image", "token": page["token"]}
    older = done(http.get("/v1/asset/list", params=query, headers=me))
    for shown, posted in ((page, second), (older, first)):
        kept = ("id", "name", "file_type", "folder_id", "created_ts", "url")
        assert shown["assets"] == [{name: posted[name] for name in kept}]
    assert done(http.post(f"/v1/asset/{first['id']}/delete", headers=me)) == older["assets"][0]
    refused_everywhere(http.post(f"/v1/asset/{first['id']}/delete", headers=me), 404)
    assert done(http.get("/v1/asset/list", params={"limit": 0}, headers=me))["assets"] == []


def test_a_folder_from_beginning_to_end(http: httpx.Client, key: str) -> None:
    me, name = {"x-api-key": key}, f"Ordner 100% {uuid4().hex}"
    folder = done(http.post("/v1/folders/create", json={"name": name}, headers=me))
    inner = done(http.post("/v1/folders/create", json={"name": "b", "parent_id": folder["id"]}, headers=me))
    assert inner["parent_id"] == folder["id"]
    asset = upload(http, key, folder_id=folder["id"])
    assert asset["folder_id"] == folder["id"]
    listed = done(http.get("/v1/folders", params={"name_filter": name.upper()}, headers=me))
    assert listed["folders"] == [
        {**folder, "direct_children_count": 2, "updated_ts": listed["folders"][0]["updated_ts"]}
    ]
    assert done(http.get("/v1/asset/list", params={"folder_id": folder["id"]}, headers=me))["total"] == 1
    renamed = done(http.post(f"/v1/folders/{folder['id']}", json={"name": name[::-1]}, headers=me))
    assert renamed["name"] == name[::-1]
    assert done(http.post(f"/v1/folders/{folder['id']}/trash", headers=me))["is_trash"] is True
    assert done(http.get("/v1/folders", params={"name_filter": name[::-1]}, headers=me))["total"] == 0
    assert (
        done(http.get("/v1/folders", params={"parent_id": folder["id"], "is_trash": "true"}, headers=me))["total"] == 1
    )
    refused_everywhere(http.post("/v1/folders/create", json={"name": "c", "parent_id": folder["id"]}, headers=me), 404)
    assert http.get(asset["url"]).content == samples.png()
    assert done(http.post(f"/v1/folders/{folder['id']}/restore", headers=me))["direct_children_count"] == 2


def test_talking_photos_are_images(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    photo = http.post("/v1/talking_photo", content=samples.jpeg(), headers={**me, "content-type": "image/jpeg"}).json()
    assert (photo["code"], list(photo["data"])) == (100, ["talking_photo_id", "talking_photo_url"])
    id, url = photo["data"].values()
    assert http.get(url).content == samples.jpeg()
    listed = http.get("/v1/talking_photo.list", headers=me).json()
    assert (listed["code"], listed["data"][0]) == (100, {"id": id, "image_url": url, "circle_image": url})
    assert done(http.get("/v1/asset/list", params={"limit": 1}, headers=me))["assets"][0]["id"] == id
    assert http.delete(f"/v2/talking_photo/{id}", headers=me).status_code == 200
    refused_everywhere(http.delete(f"/v2/talking_photo/{id}", headers=me), 404)


@pytest.mark.parametrize("path", ["/v1/asset/list", "/v1/folders", "/v1/talking_photo.list"])
def test_lists_need_a_key_and_a_sound_query(http: httpx.Client, key: str, path: str) -> None:
    refused_everywhere(http.get(path), 401)
    for query in ({"limit": "-1"}, {"limit": "1001"}, {"token": "x"}):
        refused_everywhere(http.get(path, params=query, headers={"x-api-key": key}), 400)


def test_nobody_sees_or_moves_what_is_anothers(http: httpx.Client, key: str, other_key: str) -> None:
    me, other, never = {"x-api-key": key}, {"x-api-key": other_key}, uuid4().hex
    folder = done(http.post("/v1/folders/create", json={"name": "mine"}, headers=me))["id"]
    asset = upload(http, key, folder_id=folder)["id"]
    for id, path in (
        (asset, "/v1/asset/{}/delete"),
        (folder, "/v1/folders/{}/trash"),
        (folder, "/v1/folders/{}/restore"),
        (folder, "/v1/asset?folder_id={}"),
    ):
        theirs, none = (http.post(path.format(each), content=samples.png(), headers=other) for each in (id, never))
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    assert asset not in [each["id"] for each in done(http.get("/v1/asset/list", headers=other))["assets"]]
    assert folder not in [each["id"] for each in done(http.get("/v1/folders", headers=other))["folders"]]
    assert done(http.get("/v1/asset/list", params={"folder_id": folder}, headers=me))["total"] == 1
