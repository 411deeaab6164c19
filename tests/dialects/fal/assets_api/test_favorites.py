"""POST /v1/assets/favorite and /v1/assets/unfavorite. References to assets: test_tagging.py."""

from typing import Any
from uuid import uuid4

import httpx

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import GET_ASSET
from tests.dialects.fal.tags_api.tag_endpoints import FAVORITE, UNFAVORITE
from tests.dialects.fal.tags_api.tagged import make_asset


def show(client: httpx.Client, account: Account, id: str) -> dict[str, Any]:
    return dict(GET_ASSET.send(client, account.key, path=f"/v1/assets/{id}").json()["asset"])


def test_favorite_and_unfavorite_are_idempotent(client: httpx.Client, account: Account, stored: StoredData) -> None:
    id, other = make_asset(stored, account), make_asset(stored, account)
    before = show(client, account, id)
    assert before["is_favorited"] is False
    for endpoint, expected in ((FAVORITE, True), (FAVORITE, True), (UNFAVORITE, False), (UNFAVORITE, False)):
        response = endpoint.send(client, account.key, json={"vector_id": id})
        assert (response.status_code, response.json()) == (200, {"is_favorited": expected})
        assert show(client, account, id) == {**before, "is_favorited": expected}
        assert show(client, account, other)["is_favorited"] is False


def test_request_id_refers_to_its_oldest_asset(client: httpx.Client, account: Account, stored: StoredData) -> None:
    request_id = str(uuid4())
    newer, older = (make_asset(stored, account, moment=moment, request_id=request_id) for moment in (2, 1))
    assert FAVORITE.send(client, account.key, json={"request_id": request_id}).json() == {"is_favorited": True}
    assert [show(client, account, id)["is_favorited"] for id in (older, newer)] == [True, False]
    assert UNFAVORITE.send(client, account.key, json={"request_id": request_id}).json() == {"is_favorited": False}
    assert show(client, account, older)["is_favorited"] is False
