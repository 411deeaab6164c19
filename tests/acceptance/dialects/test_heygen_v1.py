"""HeyGen v1: assets, folders and talking photos."""

import re
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import HEYGEN_V1, Sample, assert_heygen_v1_error
from tests.acceptance.openapi import check_openapi

KINDS = {"image": "image", "video": "video", "audio": "audio"}


@pytest.mark.parametrize("mime", sorted(HEYGEN_V1.accepts))
def test_upload_gets_documented_envelope(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    response = HEYGEN_V1.send(http, key, Sample(data, mime))
    assert response.status_code == 200, response.text
    body = check_openapi("heygen-v1-upload-asset", response)
    asset = body["data"]
    assert (body["code"], body["msg"], body["message"]) == (100, None, None)
    assert re.fullmatch("[0-9a-f]{32}", asset["id"])
    assert asset["name"] == asset["id"]
    assert (asset["file_type"], asset["folder_id"], asset["meta"]) == (KINDS[mime.partition("/")[0]], "", None)
    assert abs(asset["created_ts"] - time.time()) < 3600
    assert (asset["image_key"] is not None) == mime.startswith("image/")
    assert http.get(asset["url"]).content == data


@pytest.mark.parametrize("declared", ["audio/x-wav", "audio/wave", "audio/wav", "AUDIO/WAV; x=1"])
def test_alias_of_declared_type_is_accepted(http: httpx.Client, key: str, declared: str) -> None:
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
def test_declared_type_contradicting_content_gets_400(http: httpx.Client, key: str, declared: str, data: bytes) -> None:
    response = HEYGEN_V1.send(http, key, Sample(data, declared))
    assert response.status_code == 400
    assert_heygen_v1_error(response)


def test_form_gets_code_40001(http: httpx.Client, key: str) -> None:
    response = http.post("/v1/asset", files={"file": samples.png()}, headers={"x-api-key": key})
    assert (response.status_code, response.json()["code"]) == (400, 40001)


@pytest.mark.parametrize("type", ["image/png", "application/octet-stream"])
def test_empty_body_gets_code_40001(http: httpx.Client, key: str, type: str) -> None:  # noqa: A002 - a header's word
    response = http.post("/v1/asset", content=b"", headers={"x-api-key": key, "content-type": type})
    assert (response.status_code, response.json()["code"]) == (400, 40001)


@pytest.mark.parametrize("mime", ["image/webp", "image/gif", "image/heic", "model/gltf-binary", "application/pdf"])
def test_unsupported_type_gets_400(http: httpx.Client, key: str, mime: str) -> None:
    response = HEYGEN_V1.send(http, key, Sample(samples.ACCEPTED[mime](), mime))
    assert response.status_code == 400
    assert_heygen_v1_error(response)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "nonsense"}])
def test_missing_or_invalid_key_gets_401(http: httpx.Client, headers: dict[str, str]) -> None:
    response = http.post("/v1/asset", content=samples.png(), headers={"content-type": "image/png", **headers})
    assert response.status_code == 401
    assert_heygen_v1_error(response)


def check_envelope(response: httpx.Response) -> Any:
    """Assert the envelope of lists, deletions and folders; return its data."""
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["error", "data"]
    assert response.json()["error"] is None
    return response.json()["data"]


def upload(http: httpx.Client, key: str, **query: str) -> dict[str, Any]:
    headers = {"x-api-key": key, "content-type": "image/png"}
    response = http.post("/v1/asset", content=samples.png(), params=query, headers=headers)
    return dict(response.raise_for_status().json()["data"])


def assert_error_in_both_envelopes(response: httpx.Response, status: int) -> None:
    """Assert that clients of either envelope can read the error."""
    assert response.status_code == status, response.text
    assert_heygen_v1_error(response)
    assert response.json()["error"]["message"] == response.json()["message"]
    assert isinstance(response.json()["error"]["code"], str)


def test_assets_are_listed_newest_first_and_deleted(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    first, second = (upload(http, key) for _ in range(2))
    page = check_envelope(http.get("/v1/asset/list", params={"limit": 1, "file_type": "image"}, headers=me))
    assert page["total"] >= 2
    query = {"limit": 1, "file_type": "image", "token": page["token"]}
    older = check_envelope(http.get("/v1/asset/list", params=query, headers=me))
    for shown, posted in ((page, second), (older, first)):
        shared = ("id", "name", "file_type", "folder_id", "created_ts", "url")
        assert shown["assets"] == [{name: posted[name] for name in shared}]
    assert check_envelope(http.post(f"/v1/asset/{first['id']}/delete", headers=me)) == older["assets"][0]
    assert_error_in_both_envelopes(http.post(f"/v1/asset/{first['id']}/delete", headers=me), 404)
    assert check_envelope(http.get("/v1/asset/list", params={"limit": 0}, headers=me))["assets"] == []


def test_folder_is_created_renamed_trashed_and_restored(http: httpx.Client, key: str) -> None:
    me, name = {"x-api-key": key}, f"Ordner 100% {uuid4().hex}"
    folder = check_envelope(http.post("/v1/folders/create", json={"name": name}, headers=me))
    inner = check_envelope(http.post("/v1/folders/create", json={"name": "b", "parent_id": folder["id"]}, headers=me))
    assert inner["parent_id"] == folder["id"]
    asset = upload(http, key, folder_id=folder["id"])
    assert asset["folder_id"] == folder["id"]
    uploaded = check_envelope(http.get("/v1/folders", params={"name_filter": name.upper()}, headers=me))
    assert uploaded["folders"] == [
        {**folder, "direct_children_count": 2, "updated_ts": uploaded["folders"][0]["updated_ts"]}
    ]
    assert check_envelope(http.get("/v1/asset/list", params={"folder_id": folder["id"]}, headers=me))["total"] == 1
    renamed = check_envelope(http.post(f"/v1/folders/{folder['id']}", json={"name": name[::-1]}, headers=me))
    assert renamed["name"] == name[::-1]
    assert check_envelope(http.post(f"/v1/folders/{folder['id']}/trash", headers=me))["is_trash"] is True
    assert check_envelope(http.get("/v1/folders", params={"name_filter": name[::-1]}, headers=me))["total"] == 0
    assert (
        check_envelope(http.get("/v1/folders", params={"parent_id": folder["id"], "is_trash": "true"}, headers=me))[
            "total"
        ]
        == 1
    )
    assert_error_in_both_envelopes(
        http.post("/v1/folders/create", json={"name": "c", "parent_id": folder["id"]}, headers=me), 404
    )
    assert http.get(asset["url"]).content == samples.png()
    assert check_envelope(http.post(f"/v1/folders/{folder['id']}/restore", headers=me))["direct_children_count"] == 2


def test_talking_photo_is_an_image_asset(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    photo = http.post("/v1/talking_photo", content=samples.jpeg(), headers={**me, "content-type": "image/jpeg"}).json()
    assert (photo["code"], list(photo["data"])) == (100, ["talking_photo_id", "talking_photo_url"])
    id, url = photo["data"].values()
    assert http.get(url).content == samples.jpeg()
    uploaded = http.get("/v1/talking_photo.list", headers=me).json()
    assert (uploaded["code"], uploaded["data"][0]) == (100, {"id": id, "image_url": url, "circle_image": url})
    assert check_envelope(http.get("/v1/asset/list", params={"limit": 1}, headers=me))["assets"][0]["id"] == id
    assert http.delete(f"/v2/talking_photo/{id}", headers=me).status_code == 200
    assert_error_in_both_envelopes(http.delete(f"/v2/talking_photo/{id}", headers=me), 404)


@pytest.mark.parametrize("path", ["/v1/asset/list", "/v1/folders", "/v1/talking_photo.list"])
def test_list_without_key_gets_401_and_with_invalid_query_400(http: httpx.Client, key: str, path: str) -> None:
    assert_error_in_both_envelopes(http.get(path), 401)
    for query in ({"limit": "-1"}, {"limit": "1001"}, {"token": "x"}):
        assert_error_in_both_envelopes(http.get(path, params=query, headers={"x-api-key": key}), 400)


def test_foreign_ids_look_unknown(http: httpx.Client, key: str, other_key: str) -> None:
    me, other, unknown = {"x-api-key": key}, {"x-api-key": other_key}, uuid4().hex
    folder = check_envelope(http.post("/v1/folders/create", json={"name": "mine"}, headers=me))["id"]
    asset = upload(http, key, folder_id=folder)["id"]
    for id, path in (
        (asset, "/v1/asset/{}/delete"),
        (folder, "/v1/folders/{}/trash"),
        (folder, "/v1/folders/{}/restore"),
        (folder, "/v1/asset?folder_id={}"),
    ):
        foreign, unknown_response = (
            http.post(path.format(each), content=samples.png(), headers=other) for each in (id, unknown)
        )
        assert (
            (foreign.status_code, foreign.content)
            == (unknown_response.status_code, unknown_response.content)
            == (404, unknown_response.content)
        )
    assert asset not in [each["id"] for each in check_envelope(http.get("/v1/asset/list", headers=other))["assets"]]
    assert folder not in [each["id"] for each in check_envelope(http.get("/v1/folders", headers=other))["folders"]]
    assert check_envelope(http.get("/v1/asset/list", params={"folder_id": folder}, headers=me))["total"] == 1
