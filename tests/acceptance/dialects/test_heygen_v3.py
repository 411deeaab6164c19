"""HeyGen v3: assets, and the search for images."""

from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import HEYGEN_V3, Sample, bearer
from tests.acceptance.openapi import fits


def upload(http: httpx.Client, key: str, data: bytes, once: str | None = None) -> httpx.Response:
    headers = {"x-api-key": key, **({} if once is None else {"idempotency-key": once})}
    return http.post("/v3/assets", files={"file": ("f", data, "application/octet-stream")}, headers=headers)


@pytest.mark.parametrize("mime", sorted(HEYGEN_V3.accepts))
def test_the_type_is_found_in_the_bytes(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    answer = HEYGEN_V3.send(http, key, Sample(data, "image/gif", "a.gif"))
    assert answer.status_code == 200, answer.text
    asset = fits("heygen-v3-upload-asset", answer)["data"]
    assert (asset["mime_type"], asset["size_bytes"]) == (mime, len(data))
    assert http.get(asset["url"]).content == data


def test_a_bearer_key_is_as_good(http: httpx.Client, key: str) -> None:
    assert http.post("/v3/assets", files={"file": samples.png()}, headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("mime", ["image/webp", "image/gif", "video/quicktime", "model/gltf-binary"])
def test_other_types_are_refused(http: httpx.Client, key: str, mime: str) -> None:
    answer = HEYGEN_V3.send(http, key, Sample(samples.ACCEPTED[mime](), mime))
    assert answer.status_code == 400
    fits("heygen-v3-upload-asset", answer)


def test_no_file_is_a_400_that_names_the_field(http: httpx.Client, key: str) -> None:
    answer = http.post("/v3/assets", files={"other": samples.png()}, headers={"x-api-key": key})
    assert (answer.status_code, fits("heygen-v3-upload-asset", answer)["error"]["param"]) == (400, "file")


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "nonsense"}, {"authorization": "Bearer nonsense"}])
def test_no_or_a_bad_key_is_a_401(http: httpx.Client, headers: dict[str, str]) -> None:
    answer = http.post("/v3/assets", files={"file": samples.png()}, headers=headers)
    assert answer.status_code == 401
    fits("heygen-v3-upload-asset", answer)


def test_the_same_idempotency_key_gets_the_first_answer_even_for_another_body(http: httpx.Client, key: str) -> None:
    once = f"a-Z_0:9.{uuid4()}"
    first = upload(http, key, samples.png(), once)
    again = upload(http, key, samples.png(), once)
    other = upload(http, key, samples.jpeg(), once)
    assert first.status_code == 200
    assert again.content == other.content == first.content
    assert again.status_code == other.status_code == 200


def test_another_idempotency_key_is_another_asset(http: httpx.Client, key: str) -> None:
    first, second = (upload(http, key, samples.png(), str(uuid4())).json()["data"]["asset_id"] for _ in range(2))
    assert first != second


def test_after_a_refusal_the_idempotency_key_is_free(http: httpx.Client, key: str) -> None:
    once = str(uuid4())
    assert upload(http, key, b"no file at all", once).status_code == 400
    assert upload(http, key, samples.png(), once).status_code == 200


@pytest.mark.parametrize("once", ["", "a b", "x" * 256, "semi;colon", "ü"])
def test_an_idempotency_key_outside_the_alphabet_is_a_400(http: httpx.Client, key: str, once: str) -> None:
    headers = {"x-api-key": key, "idempotency-key": once.encode()}
    answer = http.post("/v3/assets", files={"file": samples.png()}, headers=headers)
    assert answer.status_code == 400
    fits("heygen-v3-upload-asset", answer)


def posted(http: httpx.Client, key: str, name: str = "f.png") -> dict[str, str]:
    files = {"file": (name, samples.png(), "application/octet-stream")}
    answer = http.post("/v3/assets", files=files, headers={"x-api-key": key})
    return dict(answer.raise_for_status().json()["data"])


def test_an_asset_is_listed_read_and_deleted(http: httpx.Client, key: str) -> None:
    me = {"x-api-key": key}
    first, second = (posted(http, key) for _ in range(2))
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
        assert "param" not in gone.json()["error"]


def test_images_are_found_by_words(http: httpx.Client, key: str, other_key: str) -> None:
    word = uuid4().hex
    asset = posted(http, key, f"Grüße {word} vom Meer.png")
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
def test_the_parameter_at_fault_is_named_and_explained(http: httpx.Client, key: str, path: str, param: str) -> None:
    answer = http.get(path, headers={"x-api-key": key})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_parameter", param)
    page = http.get(error["doc_url"]).raise_for_status()
    assert f'id="{error["doc_url"].partition("#")[2]}"' in page.text
    assert answer.headers["x-request-id"]


def test_nobody_reads_or_deletes_what_is_anothers(http: httpx.Client, key: str, other_key: str) -> None:
    asset, never = posted(http, key)["asset_id"], uuid4().hex
    for method in ("GET", "DELETE"):
        theirs, none = (
            http.request(method, f"/v3/assets/{id}", headers={"x-api-key": other_key}) for id in (asset, never)
        )
        assert theirs.status_code == none.status_code == 404
        assert theirs.text.replace(asset, never) == none.text
    assert http.get(f"/v3/assets/{asset}", headers={"x-api-key": key}).status_code == 200
