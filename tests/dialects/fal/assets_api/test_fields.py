"""POST /v1/assets/uploads: fields of the body."""

from typing import Any

import httpx
import pytest

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import REGISTER, auth
from tests.dialects.fal.registration import register


@pytest.mark.parametrize("length", [1, 2000])
def test_longest_prompt_is_stored(client: httpx.Client, account: Account, url: str, length: int) -> None:
    prompt = "🐻" * length
    assert register(client, account, url, prompt=prompt).json()["asset"]["prompt"] == prompt


def test_title_comes_from_the_prompt(client: httpx.Client, account: Account, url: str) -> None:
    plain = register(client, account, url).json()["asset"]
    assert plain["title"] != "A walrus"
    told = register(client, account, url, prompt="A walrus\nat noon").json()["asset"]
    assert (told["vector_id"], told["title"], told["prompt"]) == (plain["vector_id"], "A walrus", "A walrus\nat noon")
    again = register(client, account, url, prompt="A seal").json()["asset"]
    assert (again["title"], again["prompt"]) == ("A walrus", "A walrus\nat noon")


def test_title_of_a_new_asset_comes_from_the_prompt(client: httpx.Client, account: Account, url: str) -> None:
    assert register(client, account, url, prompt="A walrus").json()["asset"]["title"] == "A walrus"


def test_null_fields_are_absent(client: httpx.Client, account: Account, url: str) -> None:
    asset = register(client, account, url, prompt=None, collection_id=None).json()["asset"]
    assert (asset["prompt"], asset["collection_ids"]) == (None, [])


def test_unknown_fields_are_ignored(client: httpx.Client, account: Account, url: str) -> None:
    assert register(client, account, url, later={"a": [1, None, {"b": 1e308}]}).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"url": ""},
        {"url": 1},
        {"url": ["a"]},
        {"url": "http://a/" + "a" * 3000},
        {"type": None},
        {"type": ""},
        {"type": "IMAGE"},
        {"type": "document"},
        {"type": 3},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"prompt": "🐻" * 2001},
        {"prompt": 1},
        {"prompt": ["a"]},
        {"prompt": "a\0b"},
        {"collection_id": ""},
        {"collection_id": 1},
        {"collection_id": "a\0"},
        {"favorite": "true"},
        {"favorite": 1},
        {"favorite": None},
        {"tag_ids": None},
        {"tag_ids": "a"},
        {"tag_ids": [1]},
        {"tag_ids": [None]},
        {"tag_ids": ["a"] * 1001},
        {"tag_ids": {"a": 1}},
        {"tag_ids": ["\0"]},
    ],
    ids=lambda change: repr(change)[:40],
)
def test_invalid_field_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, url: str, change: dict[str, Any]
) -> None:
    before = stored.count(account)
    response = REGISTER.send(client, account.key, json={"url": url, "type": "image", **change})
    assert response.status_code == 422, response.text
    REGISTER.check_error(response, "validation_error")
    assert REGISTER.spec
    REGISTER.spec.check(response)
    stored.expect_counts(account, before)


@pytest.mark.parametrize("missing", ["url", "type"])
def test_missing_field_is_named(client: httpx.Client, account: Account, url: str, missing: str) -> None:
    body = {name: value for name, value in {"url": url, "type": "image"}.items() if name != missing}
    response = REGISTER.send(client, account.key, json=body)
    assert response.status_code == 422
    assert missing in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "value",
    [b"9" * 100_000, b"-" + b"9" * 400, b"1e999999", b"0." + b"1" * 100_000, b"[" * 900 + b"]" * 900],
    ids=["huge", "negative", "exponent", "fraction", "deep"],
)
@pytest.mark.parametrize("field", ["later", "prompt", "favorite", "tag_ids"])
def test_huge_numbers_and_deep_nesting_are_no_server_error(
    client: httpx.Client, account: Account, url: str, field: str, value: bytes
) -> None:
    body = b'{"url":"%s","type":"image","%s":%s}' % (url.encode(), field.encode(), value)
    response = client.post("/v1/assets/uploads", content=body, headers=auth(account.key))
    assert response.status_code in ((201, 400) if field == "later" else (400, 422)), response.text


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff", "\\ud83d", "\\ud83dx", "\\udc3b\\ud83d"])
@pytest.mark.parametrize("field", ["url", "prompt", "collection_id", "later"])
def test_lone_surrogates_are_no_server_error(
    client: httpx.Client, account: Account, url: str, field: str, text: str
) -> None:
    body = '{"url":"%s","type":"image","%s":"%s"}' % (url, field, text)  # noqa: UP031 - braces of JSON
    response = client.post("/v1/assets/uploads", content=body, headers=auth(account.key))
    assert response.status_code in ((201, 400, 422) if field == "later" else (400, 422)), response.text


def test_escaped_backslash_u0000_is_accepted(client: httpx.Client, account: Account, url: str) -> None:
    assert register(client, account, url, prompt="\\u0000").json()["asset"]["prompt"] == "\\u0000"
