"""The tags of a workspace: GET and POST /v1/assets/tags, PATCH and DELETE /v1/assets/tags/{tag_id}."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import check_platform_error
from tests.dialects.fal.tags_api.tag_endpoints import CREATE_TAG, DELETE_TAG, TAGS, UPDATE_TAG
from tests.dialects.fal.tags_api.tagged import all_tags, assign, make_asset, make_tag, tag_names, tags_of

# Pairs of equal names: different case, different Unicode composition, the final Greek sigma.
EQUAL_NAMES = [("Mood", "mOOD"), ("caf\u00e9", "CAFE\u0301"), ("\u03c6\u03c9\u03c2", "\u03a6\u03a9\u03a3")]
IMPOSSIBLE: list[Any] = ["", "x" * 51, " ", "\t \n", "\u00a0\u2003", "a\0b", None, 5, ["a"], {}]


def create(client: httpx.Client, account: Account, name: Any) -> httpx.Response:
    return CREATE_TAG.send(client, account.key, json={"name": name})


def update(client: httpx.Client, account: Account, id: str, body: Any) -> httpx.Response:
    return UPDATE_TAG.send(client, account.key, path=f"{TAGS}/{id}", json=body)


def refused(response: httpx.Response, status: int) -> None:
    assert response.status_code == status, response.text
    check_platform_error(response, {404: "not_found", 409: "validation_error", 422: "validation_error"}[status])


def test_created_tag_is_listed(client: httpx.Client, fresh: Account) -> None:
    assert all_tags(client, fresh) == []
    response = create(client, fresh, "Mood")
    assert (response.status_code, list(response.json())) == (201, ["tag"])
    tag = response.json()["tag"]
    assert list(tag) == ["id", "name", "created_at"]
    assert str(UUID(tag["id"])) == tag["id"]
    assert tag["name"] == "Mood"
    assert abs(datetime.now(UTC) - datetime.fromisoformat(tag["created_at"])) < timedelta(minutes=5)
    assert all_tags(client, fresh) == [tag]


def test_list_is_sorted_case_insensitively(client: httpx.Client, fresh: Account) -> None:
    for name in ("b", "C", "a", "Ä", "10", "ä2"):
        make_tag(client, fresh, name)
    assert tag_names(client, fresh) == ["10", "a", "b", "C", "Ä", "ä2"]


@pytest.mark.parametrize("name", ["x", "x" * 50, "🐻" * 50, " blanks stay ", "a/b?c=%20&d", "<b>", "null"])
def test_name_is_stored_unchanged(client: httpx.Client, fresh: Account, name: str) -> None:
    assert create(client, fresh, name).json()["tag"]["name"] == name
    assert tag_names(client, fresh) == [name]


@pytest.mark.parametrize("name", IMPOSSIBLE, ids=repr)
def test_invalid_name_is_refused(client: httpx.Client, fresh: Account, stored: StoredData, name: Any) -> None:
    id = make_tag(client, fresh, "kept")
    before = stored.count(fresh)
    refused(create(client, fresh, name), 422)
    refused(update(client, fresh, id, {"name": name}), 422)
    stored.expect_counts(fresh, before)
    assert tag_names(client, fresh) == ["kept"]


def test_missing_name_is_refused(client: httpx.Client, fresh: Account) -> None:
    refused(CREATE_TAG.send(client, fresh.key, json={}), 422)


@pytest.mark.parametrize(("name", "twin"), EQUAL_NAMES)
def test_name_is_unique_ignoring_case(
    client: httpx.Client, fresh: Account, account: Account, name: str, twin: str
) -> None:
    make_tag(client, fresh, name)
    other = make_tag(client, fresh, "other")
    refused(create(client, fresh, twin), 409)
    refused(update(client, fresh, other, {"name": twin}), 409)
    assert tag_names(client, fresh) == sorted([name, "other"])
    elsewhere = create(client, account, twin)
    assert elsewhere.status_code == 201
    assert DELETE_TAG.send(client, account.key, path=f"{TAGS}/{elsewhere.json()['tag']['id']}").status_code == 204


@pytest.mark.parametrize(("name", "twin"), EQUAL_NAMES)
def test_case_of_own_name_can_be_changed(client: httpx.Client, fresh: Account, name: str, twin: str) -> None:
    tag = create(client, fresh, name).json()["tag"]
    response = update(client, fresh, tag["id"], {"name": twin})
    assert (response.status_code, response.json()) == (200, {"tag": {**tag, "name": twin}})


def test_rename_keeps_assignments(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    tag = create(client, fresh, "before").json()["tag"]
    asset = make_asset(stored, fresh)
    assign(client, fresh, tag["id"], vector_id=asset)
    assert update(client, fresh, tag["id"], {"name": "after"}).json() == {"tag": {**tag, "name": "after"}}
    assert (tag_names(client, fresh), tags_of(client, fresh, asset)) == (["after"], [tag["id"]])
    assert create(client, fresh, "before").status_code == 201


@pytest.mark.parametrize("body", [{}, {"color": "red"}], ids=str)
def test_update_without_change_returns_tag(client: httpx.Client, fresh: Account, body: dict[str, str]) -> None:
    tag = create(client, fresh, "a").json()
    response = update(client, fresh, tag["tag"]["id"], body)
    assert (response.status_code, response.json()) == (200, tag)


def test_delete_removes_tag_from_assets(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    gone, kept = make_tag(client, fresh, "gone"), make_tag(client, fresh, "kept")
    assets = [make_asset(stored, fresh) for _ in range(2)]
    for asset in assets:
        assign(client, fresh, gone, vector_id=asset)
        assign(client, fresh, kept, vector_id=asset)
    response = DELETE_TAG.send(client, fresh.key, path=f"{TAGS}/{gone}")
    assert (response.status_code, response.content) == (204, b"")
    assert tag_names(client, fresh) == ["kept"]
    assert [tags_of(client, fresh, asset) for asset in assets] == [[kept], [kept]]
    refused(DELETE_TAG.send(client, fresh.key, path=f"{TAGS}/{gone}"), 404)
    assert create(client, fresh, "GONE").json()["tag"]["id"] != gone


def test_foreign_and_unknown_tags_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """The foreign tag is not changed."""
    theirs = make_tag(client, fresh, "theirs")
    for endpoint, request in ((UPDATE_TAG, {"json": {"name": uuid4().hex}}), (DELETE_TAG, {})):
        told = set()
        for asked in (theirs, str(uuid4()), "nonsense", "x" * 5000, "tags"):
            response = endpoint.send(client, account.key, path=f"{TAGS}/{asked}", **request)
            refused(response, 404)
            told.add(response.json()["error"]["message"].replace(asked[:100], ""))
        assert told == {"Tag  not found."}
    assert tag_names(client, fresh) == ["theirs"]


def test_workspace_is_limited_to_10000_tags(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    query = "INSERT INTO tag SELECT gen_random_uuid(), %s, 'tag ' || n FROM generate_series(1, 9999) n"
    stored.database.execute(query, [fresh.workspace_id])
    last = make_tag(client, fresh, "the last")
    before = stored.count(fresh)
    refused(create(client, fresh, "one more"), 409)
    stored.expect_counts(fresh, before)
    assert len(all_tags(client, fresh)) == 10_000
    assert update(client, fresh, last, {"name": "renamed"}).status_code == 200
    assert DELETE_TAG.send(client, fresh.key, path=f"{TAGS}/{last}").status_code == 204
    assert create(client, fresh, "one more").status_code == 201
