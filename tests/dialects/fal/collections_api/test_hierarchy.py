"""fal's nested collections: depth, moves, hierarchy."""

from typing import Any

import httpx
import pytest

from tests.dialects.database.snapshot import Account
from tests.dialects.fal.collections_api import collection_endpoints as endpoints
from tests.dialects.fal.collections_api.creation import at, character, collection, done
from tests.dialects.idempotency import new_key

FILTERS = {"field": "type", "op": "eq", "value": "image"}


def chain(client: httpx.Client, account: Account, length: int) -> list[str]:
    """Create collections, each in the one before, named by their levels."""
    ids: list[str] = []
    for level in range(1, length + 1):
        parent = ids[-1] if ids else None
        ids.append(collection(client, account, str(level), parent_collection_id=parent)["id"])
    return ids


def move(client: httpx.Client, account: Account, id: str, parent: str | None, **more: Any) -> httpx.Response:
    return at(client, account, endpoints.MOVE, id, json={"parent_collection_id": parent}, **more)


def parent_of(client: httpx.Client, account: Account, id: str) -> str | None:
    parent: str | None = done(at(client, account, endpoints.GET_COLLECTION, id))["parent_collection_id"]
    return parent


def hierarchy(client: httpx.Client, account: Account, id: str) -> dict[str, Any]:
    response = at(client, account, endpoints.HIERARCHY, id)
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["hierarchy", "ancestors"]
    return dict(response.json())


def node(id: str, name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "name": name, "type": "manual", "children": list(children)}


def refused(response: httpx.Response, word: str) -> None:
    assert response.status_code == 422, response.text
    endpoints.MOVE.check_error(response, "validation_error")
    assert word in response.json()["error"]["message"]


def test_five_levels_are_shown_from_each_level(client: httpx.Client, account: Account) -> None:
    ids = chain(client, account, 5)
    tree = node(ids[4], "5")
    for level in (4, 3, 2, 1):
        tree = node(ids[level - 1], str(level), tree)
    for level, id in enumerate(ids):
        shown = hierarchy(client, account, id)
        expected = tree
        for _ in range(level):
            expected = expected["children"][0]
        assert shown["hierarchy"] == expected
        assert list(shown["hierarchy"]) == ["id", "name", "type", "children"]
        assert shown["ancestors"] == [
            {"id": above, "name": str(n), "type": "manual"} for n, above in enumerate(ids[:level], 1)
        ]


def test_children_are_newest_first(client: httpx.Client, account: Account) -> None:
    top = collection(client, account, "top")["id"]
    collection(client, account, "another top")
    a, b = (collection(client, account, name, parent_collection_id=top)["id"] for name in "ab")
    c = collection(client, account, "c", parent_collection_id=a)["id"]
    assert hierarchy(client, account, top)["hierarchy"] == node(top, "top", node(b, "b"), node(a, "a", node(c, "c")))
    shown = hierarchy(client, account, c)
    assert shown["hierarchy"] == node(c, "c")
    assert [each["id"] for each in shown["ancestors"]] == [top, a]


def test_smart_collections_and_characters_have_no_children(client: httpx.Client, account: Account, url: str) -> None:
    for made in (collection(client, account, filters=FILTERS), character(client, account, [url])):
        alone = {"id": made["id"], "name": "a", "type": made["type"], "children": []}
        assert hierarchy(client, account, made["id"]) == {"hierarchy": alone, "ancestors": []}


def test_sixth_level_is_refused(client: httpx.Client, account: Account) -> None:
    ids = chain(client, account, 5)
    body = {"name": "6", "parent_collection_id": ids[4]}
    refused(endpoints.CREATE_COLLECTION.send(client, account.key, json=body), "5 levels")
    assert hierarchy(client, account, ids[4])["hierarchy"]["children"] == []


@pytest.mark.parametrize(("height", "depth"), [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1)])
def test_move_beyond_five_levels_is_refused(client: httpx.Client, account: Account, height: int, depth: int) -> None:
    """Move a tree of `height` levels below a collection at `depth`."""
    tree, place = chain(client, account, height), chain(client, account, depth)
    refused(move(client, account, tree[0], place[-1]), "5 levels")
    assert parent_of(client, account, tree[0]) is None
    if depth > 1:
        assert move(client, account, tree[0], place[-2]).status_code == 200
        assert len(hierarchy(client, account, tree[-1])["ancestors"]) == 4


def test_longest_branch_decides_depth(client: httpx.Client, account: Account) -> None:
    tree = chain(client, account, 3)
    collection(client, account, "short", parent_collection_id=tree[0])
    refused(move(client, account, tree[0], chain(client, account, 3)[-1]), "5 levels")


def test_move_takes_the_subtree_along(client: httpx.Client, account: Account) -> None:
    ids, other = chain(client, account, 3), collection(client, account, "other")
    before = done(at(client, account, endpoints.GET_COLLECTION, ids[1]))
    response = move(client, account, ids[1], other["id"])
    assert list(response.json()) == ["collection"]
    moved = done(response)
    assert moved == {**before, "parent_collection_id": other["id"], "updated_at": moved["updated_at"]}
    assert moved["updated_at"] > before["updated_at"]
    assert hierarchy(client, account, other["id"])["hierarchy"] == node(
        other["id"], "other", node(ids[1], "2", node(ids[2], "3"))
    )
    assert hierarchy(client, account, ids[0])["hierarchy"]["children"] == []
    assert done(move(client, account, ids[1], None))["parent_collection_id"] is None
    assert hierarchy(client, account, ids[2])["ancestors"] == [{"id": ids[1], "name": "2", "type": "manual"}]


def test_move_to_current_parent_changes_nothing(client: httpx.Client, account: Account) -> None:
    ids = chain(client, account, 2)
    for id, parent in ((ids[1], ids[0]), (ids[0], None)):
        before = done(at(client, account, endpoints.GET_COLLECTION, id))
        assert done(move(client, account, id, parent)) == before


@pytest.mark.parametrize("into", [0, 1, 2, 3])
def test_move_into_own_subtree_is_refused(client: httpx.Client, account: Account, into: int) -> None:
    ids = chain(client, account, 4)
    refused(move(client, account, ids[0], ids[into]), "itself")
    assert [parent_of(client, account, id) for id in ids] == [None, *ids[:-1]]


def test_only_manual_collections_can_be_nested(client: httpx.Client, account: Account, url: str) -> None:
    manual = collection(client, account)["id"]
    smart = collection(client, account, filters=FILTERS)["id"]
    somebody = character(client, account, [url])["id"]
    for id, parent in ((smart, manual), (smart, None), (somebody, manual), (manual, smart), (manual, somebody)):
        refused(move(client, account, id, parent), "manual")
    for parent in (smart, somebody):
        body = {"name": "a", "parent_collection_id": parent}
        refused(endpoints.CREATE_COLLECTION.send(client, account.key, json=body), "manual")
    body = {"name": "a", "parent_collection_id": manual, "filters": FILTERS}
    refused(endpoints.CREATE_COLLECTION.send(client, account.key, json=body), "manual")


@pytest.mark.parametrize("body", [{}, {"parent_collection_id": ""}, {"parent_collection_id": 1}], ids=str)
def test_missing_parent_field_is_refused(client: httpx.Client, account: Account, body: dict[str, Any]) -> None:
    id = collection(client, account)["id"]
    assert at(client, account, endpoints.MOVE, id, json=body).status_code == 422


def test_foreign_and_unknown_parents_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    id, theirs = collection(client, account)["id"], collection(client, fresh)["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    for parent in ("x", unknown, theirs):
        response = move(client, account, id, parent)
        assert response.status_code == 404
        endpoints.MOVE.check_error(response, "not_found")
        body = {"name": "a", "parent_collection_id": parent}
        assert endpoints.CREATE_COLLECTION.send(client, account.key, json=body).status_code == 404
    assert hierarchy(client, fresh, theirs)["hierarchy"]["children"] == []


def test_children_of_deleted_collection_move_up(client: httpx.Client, account: Account) -> None:
    ids = chain(client, account, 4)
    beside = collection(client, account, "beside", parent_collection_id=ids[1])["id"]
    assert at(client, account, endpoints.DELETE_COLLECTION, ids[1]).status_code == 204
    assert [parent_of(client, account, id) for id in (ids[2], beside, ids[3])] == [ids[0], ids[0], ids[2]]
    assert at(client, account, endpoints.DELETE_COLLECTION, ids[0]).status_code == 204
    assert [parent_of(client, account, id) for id in (ids[2], beside, ids[3])] == [None, None, ids[2]]


def test_same_idempotency_key_with_other_parent_is_a_conflict(client: httpx.Client, account: Account) -> None:
    id, places = collection(client, account)["id"], [collection(client, account)["id"] for _ in range(2)]
    headers = {"Idempotency-Key": new_key()}
    first = move(client, account, id, places[0], headers=headers)
    assert move(client, account, id, places[1], headers=headers).status_code == 409
    assert move(client, account, id, None).status_code == 200
    assert move(client, account, id, places[0], headers=headers).content == first.content
    assert parent_of(client, account, id) is None
