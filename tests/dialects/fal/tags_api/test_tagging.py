"""Tags on assets: assign, unassign, PUT /v1/assets/tags and GET /v1/assets/{vector_id}/tags."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contracts.dialect import Endpoint
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import check_platform_error
from tests.dialects.fal.tags_api.tag_endpoints import (
    ASSET_TAGS,
    ASSIGN_TAG,
    FAVORITE,
    SET_TAGS,
    TAGS,
    UNASSIGN_TAG,
    UNFAVORITE,
)
from tests.dialects.fal.tags_api.tagged import assign, expire, make_asset, make_tag, tags_of, unassign

TARGETED = [ASSIGN_TAG, UNASSIGN_TAG, SET_TAGS, FAVORITE, UNFAVORITE]


@pytest.fixture
def asset(stored: StoredData, account: Account) -> str:
    return make_asset(stored, account)


@pytest.fixture
def tags(client: httpx.Client, account: Account) -> list[str]:
    """Three tag ids, in the order of their names."""
    suffix = uuid4().hex
    return [make_tag(client, account, f"{letter} {suffix}") for letter in "aBc"]


def put(client: httpx.Client, account: Account, tag_ids: object, **target: str) -> httpx.Response:
    return SET_TAGS.send(client, account.key, json={**target, "tag_ids": tag_ids})


def aimed(endpoint: Endpoint, client: httpx.Client, account: Account, tag_id: str, target: object) -> httpx.Response:
    """Call the operation on the asset, with a tag if the operation takes one."""
    path = endpoint.path.replace("0" * 32, tag_id)
    body = {**target, "tag_ids": [tag_id]} if endpoint is SET_TAGS and isinstance(target, dict) else target
    return endpoint.send(client, account.key, path=path, json=body)


def test_assign_is_idempotent(client: httpx.Client, account: Account, asset: str, tags: list[str]) -> None:
    for tag in (tags[1], tags[0], tags[1]):
        response = assign(client, account, tag, vector_id=asset)
        assert (response.status_code, response.json()) == (200, {"success": True})
    assert tags_of(client, account, asset) == tags[:2]


def test_unassign_keeps_other_tags(client: httpx.Client, account: Account, asset: str, tags: list[str]) -> None:
    put(client, account, tags, vector_id=asset)
    for _ in range(2):
        response = unassign(client, account, tags[1], vector_id=asset)
        assert (response.status_code, response.content) == (204, b"")
        assert tags_of(client, account, asset) == [tags[0], tags[2]]


def test_put_replaces_all_tags(client: httpx.Client, account: Account, asset: str, tags: list[str]) -> None:
    for wanted in (tags[:2], [tags[2], tags[1], tags[2]], [tags[2]], [], tags[::-1]):
        response = put(client, account, wanted, vector_id=asset)
        assert (response.status_code, list(response.json())) == (200, ["tags"])
        kept = [tag for tag in tags if tag in wanted]
        assert [tag["id"] for tag in response.json()["tags"]] == kept
        assert tags_of(client, account, asset) == kept


def test_unknown_tag_changes_nothing(
    client: httpx.Client, account: Account, fresh: Account, asset: str, tags: list[str]
) -> None:
    put(client, account, tags[:1], vector_id=asset)
    told = set()
    for unknown in (make_tag(client, fresh), str(uuid4()), "nonsense"):
        response = put(client, account, [tags[1], unknown], vector_id=asset)
        assert response.status_code == 404
        check_platform_error(response, "not_found")
        told.add(response.json()["error"]["message"].replace(unknown, ""))
    assert told == {"Tag  not found."}
    assert tags_of(client, account, asset) == tags[:1]


def test_invalid_tag_list_is_refused(client: httpx.Client, account: Account, asset: str, tags: list[str]) -> None:
    assert put(client, account, [tags[0]] * 1000, vector_id=asset).status_code == 200
    wrongs: list[Any] = [[tags[1]] * 1001, None, tags[1], [None], [""], {}]
    for wrong in wrongs:
        response = put(client, account, wrong, vector_id=asset)
        assert response.status_code == 422, wrong
        check_platform_error(response, "validation_error")
    assert SET_TAGS.send(client, account.key, json={"vector_id": asset}).status_code == 422
    assert tags_of(client, account, asset) == tags[:1]


def test_asset_accepts_1000_tags(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    query = "INSERT INTO tag SELECT gen_random_uuid(), %s, 'tag ' || n FROM generate_series(1, 1000) n RETURNING id"
    ids = [str(row[0]) for row in stored.database.execute(query, [fresh.workspace_id])]
    asset = make_asset(stored, fresh)
    assert put(client, fresh, ids, vector_id=asset).status_code == 200
    assert set(tags_of(client, fresh, asset)) == set(ids)


def test_request_id_refers_to_its_oldest_asset(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData, tags: list[str]
) -> None:
    request_id = f"request {uuid4()}"
    make_asset(stored, fresh, moment=0, request_id=request_id)
    newer = make_asset(stored, account, moment=2, request_id=request_id)
    older = make_asset(stored, account, moment=1, request_id=request_id)
    assert assign(client, account, tags[0], request_id=request_id).json() == {"success": True}
    assert (tags_of(client, account, older), tags_of(client, account, newer)) == (tags[:1], [])
    assert put(client, account, tags, request_id=request_id).status_code == 200
    assert unassign(client, account, tags[0], request_id=request_id).status_code == 204
    assert (tags_of(client, account, older), tags_of(client, account, newer)) == (tags[1:], [])
    expire(stored, older)
    assert assign(client, account, tags[2], request_id=request_id).json() == {"success": True}
    assert tags_of(client, account, newer) == tags[2:]


@pytest.mark.parametrize("endpoint", TARGETED, ids=lambda endpoint: endpoint.name)
def test_exactly_one_asset_reference_is_required(
    client: httpx.Client, account: Account, endpoint: Endpoint, asset: str, tags: list[str]
) -> None:
    for wrong in (
        *({}, {"vector_id": asset, "request_id": "a"}, {"vector_id": None}, {"vector_id": None, "request_id": None}),
        *({"vector_id": ""}, {"request_id": ""}, {"vector_id": 5}, {"asset_id": asset}, [asset]),
    ):
        response = aimed(endpoint, client, account, tags[0], wrong)
        assert response.status_code == 422, wrong
        check_platform_error(response, "validation_error")
    assert tags_of(client, account, asset) == []


@pytest.mark.parametrize("endpoint", TARGETED, ids=lambda endpoint: endpoint.name)
def test_foreign_unknown_and_expired_assets_look_alike(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData, endpoint: Endpoint, tags: list[str]
) -> None:
    """All three get the same answer."""
    theirs, expired = make_asset(stored, fresh, request_id="theirs"), make_asset(stored, account, request_id="expired")
    expire(stored, expired)
    ids = (theirs, expired, str(uuid4()), "nonsense", "x" * 5000)
    targets = [*({"vector_id": id} for id in ids), *({"request_id": id} for id in ("theirs", "expired", "none"))]
    told = set()
    for target in targets:
        response = aimed(endpoint, client, account, tags[0], target)
        assert response.status_code == 404, target
        check_platform_error(response, "not_found")
        told.add(response.text.replace(response.headers["x-request-id"], ""))
    assert len(told) == 1
    assert tags_of(client, fresh, theirs) == []


@pytest.mark.parametrize("endpoint", [ASSIGN_TAG, UNASSIGN_TAG], ids=lambda endpoint: endpoint.name)
def test_foreign_and_unknown_tags_look_alike(
    client: httpx.Client, account: Account, fresh: Account, asset: str, endpoint: Endpoint
) -> None:
    told = set()
    for asked in (make_tag(client, fresh), str(uuid4()), "nonsense"):
        response = endpoint.send(client, account.key, path=f"{TAGS}/{asked}/assign", json={"vector_id": asset})
        assert response.status_code == 404
        check_platform_error(response, "not_found")
        told.add(response.json()["error"]["message"].replace(asked, ""))
    assert told == {"Tag  not found."}


def test_unknown_asset_has_no_tags(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData, asset: str, tags: list[str]
) -> None:
    """[documented] The list is empty for a `vector_id` that is no saved asset."""
    assign(client, account, tags[0], vector_id=asset)
    expired = make_asset(stored, fresh)
    assign(client, fresh, make_tag(client, fresh), vector_id=expired)
    expire(stored, expired)
    for unknown in (asset, expired, str(uuid4()), "nonsense", "x" * 5000, "Tags"):
        response = ASSET_TAGS.send(client, fresh.key, path=f"/v1/assets/{unknown}/tags")
        assert (response.status_code, response.content) == (200, b'{"tags":[]}')
