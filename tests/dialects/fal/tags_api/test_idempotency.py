"""The Idempotency-Key of operations that change tags and favorites."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.endpoints import check_platform_error
from tests.dialects.fal.tags_api.tag_endpoints import CREATE_TAG, DELETE_TAG, MUTATIONS, TAGS, UNFAVORITE
from tests.dialects.fal.tags_api.tagged import all_tags, make_tag
from tests.dialects.idempotency import new_key


class Keys(Suite):
    def keyed(self, endpoint: Endpoint, key: str, request: dict[str, Any]) -> httpx.Response:
        return endpoint.send(self.client, self.account.key, headers={"Idempotency-Key": key}, **request)


class TestReplay(Keys):
    @pytest.mark.parametrize("endpoint", MUTATIONS, ids=lambda endpoint: endpoint.name)
    def test_same_key_replays_response(self, endpoint: Endpoint) -> None:
        key, request = new_key(), endpoint.valid(self)
        first, second = self.keyed(endpoint, key, request), self.keyed(endpoint, key, request)
        assert first.status_code == second.status_code == endpoint.success, second.text
        assert (second.content, second.headers["idempotent-replayed"]) == (first.content, "true")
        assert "idempotent-replayed" not in first.headers


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in MUTATIONS if endpoint is not DELETE_TAG], ids=lambda endpoint: endpoint.name
)
class TestBodies(Keys):
    def test_different_body_is_a_conflict(self, endpoint: Endpoint) -> None:
        key, request = new_key(), endpoint.valid(self)
        first = self.keyed(endpoint, key, request)
        other = self.keyed(endpoint, key, self.changed(request, uuid4().hex))
        assert other.status_code == 409, other.text
        check_platform_error(other, "validation_error")
        assert self.keyed(endpoint, key, request).content == first.content

    def test_refused_request_frees_its_key(self, endpoint: Endpoint) -> None:
        key, request = new_key(), endpoint.valid(self)
        taken = uuid4().hex
        make_tag(self.client, self.account, taken)
        assert self.keyed(endpoint, key, self.changed(request, taken)).status_code in (404, 409)
        assert self.keyed(endpoint, key, request).status_code == endpoint.success

    def changed(self, request: dict[str, Any], text: str) -> dict[str, Any]:
        """A request with a taken name or an unknown asset."""
        field = "name" if "name" in request["json"] else "vector_id"
        return {**request, "json": {**request["json"], field: text}}


def test_concurrent_creates_make_one_tag(client: httpx.Client, fresh: Account) -> None:
    key = new_key()

    def create(_: int) -> httpx.Response:
        return CREATE_TAG.send(client, fresh.key, json={"name": "a"}, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(create, range(4)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(all_tags(client, fresh)) == 1
    assert create(0).status_code == 201


def test_replay_changes_nothing(client: httpx.Client, fresh: Account, account: Account) -> None:
    """Even if the deleted tag exists again. The same key in another workspace is another key."""
    key, id = new_key(), make_tag(client, fresh, "a")
    path, headers = f"{TAGS}/{id}", {"Idempotency-Key": key}
    assert DELETE_TAG.send(client, fresh.key, path=path, headers=headers).status_code == 204
    again = make_tag(client, fresh, "a")
    assert DELETE_TAG.send(client, fresh.key, path=path, headers=headers).status_code == 204
    assert [tag["id"] for tag in all_tags(client, fresh)] == [again]
    assert DELETE_TAG.send(client, account.key, path=path, headers=headers).status_code == 404


def test_invalid_key_is_refused(client: httpx.Client, fresh: Account) -> None:
    for key in ("", "x" * 256):
        for endpoint, body in ((CREATE_TAG, {"name": "a"}), (UNFAVORITE, {"request_id": "a"})):
            response = endpoint.send(client, fresh.key, json=body, headers={"Idempotency-Key": key})
            assert response.status_code == 422
    assert all_tags(client, fresh) == []
