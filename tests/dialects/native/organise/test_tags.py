"""Tags in the native API: list with counts, prefix and cursor; merge."""

from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, check_error, create, inline


class Tags:
    """A workspace's tags."""

    def __init__(self, client: httpx.Client, account: Account) -> None:
        self.client, self.headers, self.key = client, auth(account.key), account.key

    def new(self, name: str) -> str:
        answer = self.client.post("/api/tags", json={"name": name}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def page(self, **params: str) -> dict[str, Any]:
        page: dict[str, Any] = self.client.get("/api/tags", params=params, headers=self.headers).json()
        return page

    def names(self, **params: str) -> list[str]:
        return [tag["name"] for tag in self.page(**params)["items"]]

    def asset(self, *tag_ids: str, seed: int = 1) -> str:
        answer = create(self.client, self.key, inline(samples.png(seed=seed)), tag_ids=list(tag_ids))
        return str(answer.json()["id"])

    def of(self, asset_id: str) -> list[str]:
        asset = self.client.get(f"/api/assets/{asset_id}", headers=self.headers).json()
        return [tag["name"] for tag in asset["tags"]]

    def merge(self, id: str, into: str) -> httpx.Response:
        return self.client.post(f"/api/tags/{id}/merge", json={"into": into}, headers=self.headers)


@pytest.fixture
def tags(client: httpx.Client, fresh: Account) -> Tags:
    return Tags(client, fresh)


def test_list_by_name_with_counts(tags: Tags) -> None:
    ids = [tags.new(name) for name in ("wolf", "Bear", "bee", "ärger")]
    tags.asset(ids[1], ids[2])
    tags.asset(ids[1], seed=2)
    assert [(tag["name"], tag["asset_count"]) for tag in tags.page()["items"]][:3] == [
        ("Bear", 2),
        ("bee", 1),
        ("wolf", 0),
    ]
    assert tags.names(prefix="BE") == ["Bear", "bee"]
    assert tags.names(prefix="ÄR") == ["ärger"]
    assert tags.names(prefix="%") == []
    one = tags.client.get(f"/api/tags/{ids[1]}", headers=tags.headers).json()
    assert (one["name"], one["asset_count"]) == ("Bear", 2)


def test_pages_are_complete_while_tags_come_and_go(tags: Tags) -> None:
    for name in "cBaDe":
        tags.new(name)
    first = tags.page(limit="2")
    assert [tag["name"] for tag in first["items"]] == ["a", "B"]
    tags.new("aa")
    tags.client.delete(f"/api/tags/{first['items'][1]['id']}", headers=tags.headers)
    second = tags.page(limit="2", cursor=first["next_cursor"])
    assert [tag["name"] for tag in second["items"]] == ["c", "D"]
    third = tags.page(limit="2", cursor=second["next_cursor"])
    assert ([tag["name"] for tag in third["items"]], third["next_cursor"]) == (["e"], None)


def test_cursor_that_no_list_answered(tags: Tags) -> None:
    for cursor in ("!", "AA", "-_8"):
        answer = tags.client.get("/api/tags", params={"cursor": cursor}, headers=tags.headers)
        assert answer.status_code == 422
        check_error(answer)


def test_merge_moves_the_assets_those_in_the_trash_too(tags: Tags) -> None:
    cat, cats = tags.new("cat"), tags.new("cats")
    first, both, trashed = tags.asset(cat), tags.asset(cat, cats, seed=2), tags.asset(cat, seed=3)
    assert tags.client.delete(f"/api/assets/{trashed}", headers=tags.headers).status_code == 204
    merged = tags.merge(cat, cats)
    assert merged.status_code == 200
    assert merged.json()["id"] == cats
    assert tags.names() == ["cats"]
    assert tags.client.post(f"/api/assets/{trashed}/restore", headers=tags.headers).status_code == 200
    assert [tags.of(id) for id in (first, both, trashed)] == [["cats"]] * 3
    assert tags.page()["items"][0]["asset_count"] == 3
    assert tags.client.get(f"/api/tags/{cat}", headers=tags.headers).status_code == 404


def test_merges_that_are_refused_change_nothing(tags: Tags, other_tags: Tags) -> None:
    cat, theirs = tags.new("cat"), other_tags.new("cat")
    asset = tags.asset(cat)
    assert tags.merge(cat, cat).status_code == 422
    assert tags.merge(cat, theirs).status_code == 404
    assert tags.merge(theirs, cat).status_code == 404
    assert tags.of(asset) == ["cat"]
    assert other_tags.names() == ["cat"]


@pytest.fixture
def other_tags(client: httpx.Client, server: Any, stored: Any) -> Tags:
    return Tags(client, stored.account(server.new_key()))


def test_name_that_is_taken(tags: Tags) -> None:
    tags.new("Bear")
    other = tags.new("wolf")
    for answer in (
        tags.client.post("/api/tags", json={"name": "bear"}, headers=tags.headers),
        tags.client.patch(f"/api/tags/{other}", json={"name": "BEAR"}, headers=tags.headers),
    ):
        assert answer.status_code == 409
        assert answer.json()["param"] == "name"
