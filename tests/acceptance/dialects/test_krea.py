"""Krea: POST and GET /assets, GET and DELETE /assets/{id}."""

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import KREA, Sample, bearer
from tests.acceptance.openapi import fits

MEDIA = sorted(KREA.accepts)


def upload(http: httpx.Client, key: str, data: bytes, **fields: str) -> httpx.Response:
    return http.post("/assets", files={"file": ("a file.png", data, "image/png")}, data=fields, headers=bearer(key))


@pytest.mark.parametrize("mime", MEDIA)
def test_an_upload_is_answered_read_back_and_served(http: httpx.Client, key: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    posted = KREA.send(http, key, Sample(data, mime))
    assert posted.status_code == 200, posted.text
    asset = fits("krea-upload-asset", posted)
    UUID(asset["id"])
    assert (asset["mime_type"], asset["size_bytes"]) == (mime, len(data))
    assert "description" not in asset
    got = http.get(f"/assets/{asset['id']}", headers=bearer(key))
    assert fits("krea-get-asset", got) == asset
    served = http.get(asset["image_url"])
    assert (served.content, served.headers["content-type"]) == (data, mime)
    assert hashlib.sha256(served.content).digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize("text", ["a dog", "Grüße, 犬 🐕‍🦺", " spaces and\nlines\t", "x" * 10_000, '"quotes" \\ %22'])
def test_a_description_comes_back_as_it_was(http: httpx.Client, key: str, text: str) -> None:
    asset = upload(http, key, samples.png(), description=text).raise_for_status().json()
    assert asset["description"] == text
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).json()["description"] == text


@pytest.mark.parametrize("file_first", [True, False])
def test_parts_come_in_any_order(http: httpx.Client, key: str, file_first: bool) -> None:
    file, text = ("file", ("a.png", samples.png(), "image/png")), ("description", (None, "either way"))
    parts = [file, text] if file_first else [text, file]
    assert (
        http.post("/assets", files=parts, headers=bearer(key)).raise_for_status().json()["description"] == "either way"
    )


def test_what_the_part_says_about_itself_decides_nothing(http: httpx.Client, key: str) -> None:
    answer = KREA.send(http, key, Sample(samples.jpeg(), "image/jpg", "picture.gif"))
    assert answer.raise_for_status().json()["mime_type"] == "image/jpeg"


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
def test_forms_that_are_refused(http: httpx.Client, key: str, parts: list[tuple[str, tuple[str | None, str]]]) -> None:
    answer = http.post("/assets", files=parts, headers=bearer(key))
    assert answer.status_code == 400
    fits("krea-upload-asset", answer)


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
def test_an_unknown_id_is_a_404(http: httpx.Client, key: str, id: str) -> None:
    answer = http.get(f"/assets/{id}", headers=bearer(key))
    assert answer.status_code == 404
    fits("krea-get-asset", answer)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Bearer"}, {"authorization": "Basic Zm9vOmJhcg=="}],
    ids=["none", "nonsense", "empty", "basic"],
)
def test_no_or_a_bad_key_is_a_401(http: httpx.Client, headers: dict[str, str]) -> None:
    posted = http.post("/assets", files={"file": samples.png()}, headers=headers)
    got = http.get(f"/assets/{uuid4()}", headers=headers)
    assert (posted.status_code, got.status_code) == (401, 401)
    fits("krea-upload-asset", posted)
    fits("krea-get-asset", got)


def test_a_key_with_one_character_changed_is_refused(http: httpx.Client, key: str) -> None:
    wrong = key[:-2] + ("A" if key[-2] != "A" else "B") + key[-1]
    assert upload(http, wrong, samples.png()).status_code == 401


def everything(http: httpx.Client, key: str, name: str, **query: str) -> list[dict[str, object]]:
    """All pages, as a client of either name of the cursor reads them."""
    answer = http.get("/assets", params=query, headers=bearer(key)).raise_for_status().json()
    items = list(answer["items"])
    while answer[name]:
        query["cursor"] = answer[name]
        answer = http.get("/assets", params=query, headers=bearer(key)).raise_for_status().json()
        items += answer["items"]
    return items


@pytest.mark.parametrize("name", ["next_cursor", "nextCursor"])
def test_a_list_shows_each_as_it_was_answered_newest_first(http: httpx.Client, key: str, name: str) -> None:
    posted = [upload(http, key, samples.png(), description=text).json() for text in ("a", "b", "c")]
    for limit in ("2", "1000"):
        shown = everything(http, key, name, limit=limit)
        assert shown[:3] == posted[::-1]
        assert len({str(asset["id"]) for asset in shown}) == len(shown)
        moments = [str(asset["uploaded_at"]) for asset in shown]
        assert moments == sorted(moments, reverse=True)


def test_a_cursor_is_a_date_time(http: httpx.Client, key: str) -> None:
    first, second = (upload(http, key, samples.png()).json() for _ in range(2))
    page = http.get("/assets", params={"limit": 1}, headers=bearer(key)).json()
    assert [asset["id"] for asset in page["items"]] == [second["id"]]
    assert page["next_cursor"] == page["nextCursor"]
    assert datetime.fromisoformat(page["next_cursor"]) == datetime.fromisoformat(second["uploaded_at"])
    for cursor in (page["next_cursor"], second["uploaded_at"]):
        older = http.get("/assets", params={"limit": 1, "cursor": cursor}, headers=bearer(key)).json()["items"]
        assert [asset["id"] for asset in older] == [first["id"]]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"cursor": "yesterday"}], ids=str)
def test_lists_that_are_refused(http: httpx.Client, key: str, query: dict[str, str]) -> None:
    answer = http.get("/assets", params=query, headers=bearer(key))
    assert answer.status_code == 400
    assert answer.json()["error"] == answer.json()["message"]


def test_deleted_once(http: httpx.Client, key: str) -> None:
    asset = upload(http, key, samples.png()).json()
    answers = [http.delete(f"/assets/{asset['id']}", headers=bearer(key)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].json()["success"] is True
    assert isinstance(answers[0].json()["message"], str)
    assert answers[1].json()["error"]
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).status_code == 404
    assert asset not in http.get("/assets", headers=bearer(key)).json()["items"]


def test_nobody_lists_or_deletes_what_is_anothers(http: httpx.Client, key: str, other_key: str) -> None:
    asset = upload(http, key, samples.png()).json()
    assert asset["id"] not in [each["id"] for each in everything(http, other_key, "next_cursor", limit="1000")]
    theirs, none = (http.delete(f"/assets/{id}", headers=bearer(other_key)) for id in (asset["id"], uuid4()))
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    assert http.get(f"/assets/{asset['id']}", headers=bearer(key)).json() == asset
