"""Krea: POST and GET /assets, GET and DELETE /assets/{id}."""

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import KREA, Sample, bearer
from tests.acceptance.openapi import check_openapi

MEDIA = sorted(KREA.accepts)


def upload(http: httpx.Client, key: str, data: bytes, **fields: str) -> httpx.Response:
    return http.post("/assets", files={"file": ("a file.png", data, "image/png")}, data=fields, headers=bearer(key))


@pytest.mark.parametrize("mime", MEDIA)
def test_uploaded_asset_is_read_and_served(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    posted = KREA.send(http, key, Sample(data, mime))
    assert posted.status_code == 200, posted.text
    asset = check_openapi("krea-upload-asset", posted)
    UUID(asset["id"])
    assert (asset["mime_type"], asset["size_bytes"]) == (mime, len(data))
    assert "description" not in asset
    got = http.get(f"/assets/{asset['id']}", headers=bearer(key))
    assert check_openapi("krea-get-asset", got) == asset
    served = http.get(asset["image_url"])
    assert (served.content, served.headers["content-type"]) == (data, mime)
    assert hashlib.sha256(served.content).digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize("text", ["a dog", "Grüße, 犬 🐕‍🦺", " spaces and\nlines\t", "x" * 10_000, '"quotes" \\ %22'])
def test_description_is_returned_unchanged(http: httpx.Client, key: str, text: str) -> None:
    asset = upload(http, key, samples.png(), description=text).raise_for_status().json()
    assert asset["description"] == text
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).json()["description"] == text


@pytest.mark.parametrize("file_first", [True, False])
def test_form_parts_are_accepted_in_any_order(http: httpx.Client, key: str, file_first: bool) -> None:
    file, text = ("file", ("a.png", samples.png(), "image/png")), ("description", (None, "either way"))
    parts = [file, text] if file_first else [text, file]
    assert (
        http.post("/assets", files=parts, headers=bearer(key)).raise_for_status().json()["description"] == "either way"
    )


def test_declared_type_and_name_do_not_decide_type(http: httpx.Client, key: str) -> None:
    response = KREA.send(http, key, Sample(samples.jpeg(), "image/jpg", "picture.gif"))
    assert response.raise_for_status().json()["mime_type"] == "image/jpeg"


@pytest.mark.parametrize(
    "parts",
    [
        [("description", (None, "no file"))],
        [("file", ("a.png", samples.png(), "image/png")), ("file", ("b.png", samples.png(), "image/png"))],
        [("file", ("a.png", samples.png(), "image/png")), ("description", (None, "x" * 10_001))],
        [("file", ("empty.png", b"", "image/png"))],
    ],
    ids=["no file", "two files", "long description", "empty file"],
)
def test_invalid_form_gets_400(http: httpx.Client, key: str, parts: list[tuple[str, tuple[str | None, str]]]) -> None:
    response = http.post("/assets", files=parts, headers=bearer(key))
    assert response.status_code == 400
    check_openapi("krea-upload-asset", response)


@pytest.mark.parametrize(
    "id",
    [
        "0f0e0d0c-0b0a-4908-8706-050403020100",
        "not-a-uuid",
        "0",
        "0f0e0d0c0b0a4908870605040302010",
        "%00",
        "..%2f",
        "a" * 2000,
    ],
)
def test_unknown_id_gets_404(http: httpx.Client, key: str, id: str) -> None:
    response = http.get(f"/assets/{id}", headers=bearer(key))
    assert response.status_code == 404
    check_openapi("krea-get-asset", response)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Bearer"}, {"authorization": "Basic Zm9vOmJhcg=="}],
    ids=["none", "nonsense", "empty", "basic"],
)
def test_missing_or_invalid_key_gets_401(http: httpx.Client, headers: dict[str, str]) -> None:
    posted = http.post("/assets", files={"file": samples.png()}, headers=headers)
    got = http.get(f"/assets/{uuid4()}", headers=headers)
    assert (posted.status_code, got.status_code) == (401, 401)
    check_openapi("krea-upload-asset", posted)
    check_openapi("krea-get-asset", got)


def test_key_with_one_changed_character_gets_401(http: httpx.Client, key: str) -> None:
    wrong = key[:-2] + ("A" if key[-2] != "A" else "B") + key[-1]
    assert upload(http, wrong, samples.png()).status_code == 401


def create_all(http: httpx.Client, key: str, name: str, **query: str) -> list[dict[str, object]]:
    """Return the items of all pages, read with either name of the cursor."""
    response = http.get("/assets", params=query, headers=bearer(key)).raise_for_status().json()
    items = list(response["items"])
    while response[name]:
        query["cursor"] = response[name]
        response = http.get("/assets", params=query, headers=bearer(key)).raise_for_status().json()
        items += response["items"]
    return items


@pytest.mark.parametrize("name", ["next_cursor", "nextCursor"])
def test_list_has_uploaded_assets_newest_first(http: httpx.Client, key: str, name: str) -> None:
    posted = [upload(http, key, samples.png(), description=text).json() for text in ("a", "b", "c")]
    for limit in ("2", "1000"):
        shown = create_all(http, key, name, limit=limit)
        assert shown[:3] == posted[::-1]
        assert len({str(asset["id"]) for asset in shown}) == len(shown)
        timestamps = [str(asset["uploaded_at"]) for asset in shown]
        assert timestamps == sorted(timestamps, reverse=True)


def test_cursor_is_a_timestamp(http: httpx.Client, key: str) -> None:
    first, second = (upload(http, key, samples.png()).json() for _ in range(2))
    page = http.get("/assets", params={"limit": 1}, headers=bearer(key)).json()
    assert [asset["id"] for asset in page["items"]] == [second["id"]]
    assert page["next_cursor"] == page["nextCursor"]
    assert datetime.fromisoformat(page["next_cursor"]) == datetime.fromisoformat(second["uploaded_at"])
    for cursor in (page["next_cursor"], second["uploaded_at"]):
        older = http.get("/assets", params={"limit": 1, "cursor": cursor}, headers=bearer(key)).json()["items"]
        assert [asset["id"] for asset in older] == [first["id"]]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"cursor": "yesterday"}], ids=str)
def test_invalid_list_query_gets_400(http: httpx.Client, key: str, query: dict[str, str]) -> None:
    response = http.get("/assets", params=query, headers=bearer(key))
    assert response.status_code == 400
    assert response.json()["error"] == response.json()["message"]


def test_second_delete_gets_404(http: httpx.Client, key: str) -> None:
    asset = upload(http, key, samples.png()).json()
    responses = [http.delete(f"/assets/{asset['id']}", headers=bearer(key)) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 404]
    assert responses[0].json()["success"] is True
    assert isinstance(responses[0].json()["message"], str)
    assert responses[1].json()["error"]
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).status_code == 404
    assert asset not in http.get("/assets", headers=bearer(key)).json()["items"]


def test_foreign_ids_look_unknown(http: httpx.Client, key: str, other_key: str) -> None:
    asset = upload(http, key, samples.png()).json()
    assert asset["id"] not in [each["id"] for each in create_all(http, other_key, "next_cursor", limit="1000")]
    foreign, unknown_response = (
        http.delete(f"/assets/{id}", headers=bearer(other_key)) for id in (asset["id"], uuid4())
    )
    assert (
        (foreign.status_code, foreign.content)
        == (unknown_response.status_code, unknown_response.content)
        == (404, unknown_response.content)
    )
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).json() == asset
