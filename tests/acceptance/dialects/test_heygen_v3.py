"""HeyGen v3: assets and image search."""

from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import HEYGEN_V3, Sample, bearer
from tests.acceptance.openapi import check_openapi


def upload(http: httpx.Client, key: str, data: bytes, idempotency_key: str | None = None) -> httpx.Response:
    headers = {"x-api-key": key, **({} if idempotency_key is None else {"idempotency-key": idempotency_key})}
    return http.post("/v3/assets", files={"file": ("f", data, "application/octet-stream")}, headers=headers)


@pytest.mark.parametrize("mime", sorted(HEYGEN_V3.accepts))
def test_type_is_sniffed_from_content(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    response = HEYGEN_V3.send(http, key, Sample(data, "image/gif", "a.gif"))
    assert response.status_code == 200, response.text
    asset = check_openapi("heygen-v3-upload-asset", response)["data"]
    assert (asset["mime_type"], asset["size_bytes"]) == (mime, len(data))
    assert http.get(asset["url"]).content == data


def test_bearer_key_is_accepted(http: httpx.Client, key: str) -> None:
    assert http.post("/v3/assets", files={"file": samples.png()}, headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("mime", ["image/webp", "image/gif", "video/quicktime", "model/gltf-binary"])
def test_unsupported_type_gets_400(http: httpx.Client, key: str, mime: str) -> None:
    response = HEYGEN_V3.send(http, key, Sample(samples.ACCEPTED[mime](), mime))
    assert response.status_code == 400
    check_openapi("heygen-v3-upload-asset", response)


def test_missing_file_gets_400_with_param(http: httpx.Client, key: str) -> None:
    response = http.post("/v3/assets", files={"other": samples.png()}, headers={"x-api-key": key})
    assert (response.status_code, check_openapi("heygen-v3-upload-asset", response)["error"]["param"]) == (400, "file")


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "nonsense"}, {"authorization": "Bearer nonsense"}])
def test_missing_or_invalid_key_gets_401(http: httpx.Client, headers: dict[str, str]) -> None:
    response = http.post("/v3/assets", files={"file": samples.png()}, headers=headers)
    assert response.status_code == 401
    check_openapi("heygen-v3-upload-asset", response)


def test_same_idempotency_key_gets_first_response_for_any_body(http: httpx.Client, key: str) -> None:
    idempotency_key = f"a-Z_0:9.{uuid4()}"
    first = upload(http, key, samples.png(), idempotency_key)
    again = upload(http, key, samples.png(), idempotency_key)
    other = upload(http, key, samples.jpeg(), idempotency_key)
    assert first.status_code == 200
    assert again.content == other.content == first.content
    assert again.status_code == other.status_code == 200


def test_other_idempotency_key_creates_other_asset(http: httpx.Client, key: str) -> None:
    first, second = (upload(http, key, samples.png(), str(uuid4())).json()["data"]["asset_id"] for _ in range(2))
    assert first != second


def test_idempotency_key_is_free_after_refusal(http: httpx.Client, key: str) -> None:
    idempotency_key = str(uuid4())
    assert upload(http, key, b"no file at all", idempotency_key).status_code == 400
    assert upload(http, key, samples.png(), idempotency_key).status_code == 200


@pytest.mark.parametrize("idempotency_key", ["", "a b", "x" * 256, "semi;colon", "ü"])
def test_invalid_idempotency_key_gets_400(http: httpx.Client, key: str, idempotency_key: str) -> None:
    headers = {"x-api-key": key, "idempotency-key": idempotency_key.encode()}
    response = http.post("/v3/assets", files={"file": samples.png()}, headers=headers)
    assert response.status_code == 400
    check_openapi("heygen-v3-upload-asset", response)


def upload_named(http: httpx.Client, key: str, name: str = "f.png") -> dict[str, str]:
    files = {"file": (name, samples.png(), "application/octet-stream")}
    response = http.post("/v3/assets", files=files, headers={"x-api-key": key})
    return dict(response.raise_for_status().json()["data"])


def test_asset_is_listed_read_and_deleted(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    first, second = (upload_named(http, key) for _ in range(2))
    page = http.get("/v3/assets", params={"username": "somebody", "limit": 1, "folder_id": ""}, headers=me).json()
    assert (page["has_more"], [asset["id"] for asset in page["data"]]) == (True, [second["asset_id"]])
    older = http.get("/v3/assets", params={"limit": 1, "token": page["next_token"]}, headers=me).json()
    (asset,) = older["data"]
    assert (asset["id"], asset["url"], asset["name"]) == (first["asset_id"], first["url"], "f.png")
    assert (asset["type"], asset["folder_id"]) == ("image", None)
    assert asset["owner"]
    assert asset["space_id"]
    assert isinstance(asset["uploaded_at"], int)
    assert http.get(f"/v3/assets/{asset['id']}", headers=me).json() == {"data": asset}
    assert http.delete(f"/v3/assets/{asset['id']}", headers=me).json() == {"data": {"id": asset["id"]}}
    for gone in (
        http.delete(f"/v3/assets/{asset['id']}", headers=me),
        http.get(f"/v3/assets/{asset['id']}", headers=me),
    ):
        assert gone.status_code == 404
        assert gone.json()["error"]["code"] == "asset_not_found"
        assert gone.json()["error"]["message"] == f"Asset {asset['id']} not found"
        assert gone.json()["error"]["param"] is None


def test_images_are_found_by_words_of_their_name(http: httpx.Client, key: str, other_key: str) -> None:
    word = uuid4().hex
    asset = upload_named(http, key, f"Grüße {word} vom Meer.png")
    query = {"query": f"MEER grüße {word.upper()}", "type": "image"}
    found = http.get("/v3/assets/search", params=query, headers={"x-api-key": key}).json()
    assert found["has_more"] is (found["next_token"] is not None)
    item = found["data"][0]
    assert (item["id"], item["url"], item["type"]) == (asset["asset_id"], asset["url"], "image")
    assert (item["width"], item["height"], item["orientation"]) == (64, 48, "landscape")
    for who, change in ((other_key, {}), (key, {"type": "icon"})):
        other = http.get("/v3/assets/search", params={**query, **change}, headers={"x-api-key": who}).json()
        assert asset["asset_id"] not in [item["id"] for item in other["data"]]


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v3/assets?limit=0", "limit"),
        ("/v3/assets?token=x", "token"),
        ("/v3/assets/search?type=image", "query"),
        ("/v3/assets/search?query=a", "type"),
        ("/v3/assets/search?query=a&type=image&scope=mine", "scope"),
    ],
)
def test_invalid_parameter_gets_param_and_documentation_url(
    http: httpx.Client, key: str, path: str, param: str
) -> None:
    response = http.get(path, headers={"x-api-key": key})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_parameter", param)
    page = http.get(error["doc_url"]).raise_for_status()
    assert f'id="{error["doc_url"].partition("#")[2]}"' in page.text
    assert response.headers["x-request-id"]


def test_foreign_ids_look_unknown(http: httpx.Client, key: str, other_key: str) -> None:
    asset, unknown = upload_named(http, key)["asset_id"], uuid4().hex
    for method in ("GET", "DELETE"):
        foreign, unknown_response = (
            http.request(method, f"/v3/assets/{id}", headers={"x-api-key": other_key}) for id in (asset, unknown)
        )
        assert foreign.status_code == unknown_response.status_code == 404
        assert foreign.text.replace(asset, unknown) == unknown_response.text
    assert http.get(f"/v3/assets/{asset}", headers={"x-api-key": key}).status_code == 200
