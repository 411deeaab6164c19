"""The contract for fal's collections and characters."""

from uuid import uuid4

import httpx
import pytest

from tests.contracts.dialect import Endpoint, Keyed, Suite, TakesJson
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.collections_api import collection_endpoints as endpoints
from tests.dialects.idempotency import new_key


class _WithoutUrl(Keyed):
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class _Empty(_WithoutUrl):
    def answered(self, response: httpx.Response) -> None:
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["x-request-id"]


class TestListCollections(Keyed):
    endpoint = endpoints.LIST_COLLECTIONS


class TestCreateCollection(Keyed, TakesJson):
    endpoint = endpoints.CREATE_COLLECTION


class TestGetCollection(Keyed):
    endpoint = endpoints.GET_COLLECTION


class TestUpdateCollection(Keyed, TakesJson):
    endpoint = endpoints.UPDATE_COLLECTION


class TestDeleteCollection(_Empty):
    endpoint = endpoints.DELETE_COLLECTION


class TestHierarchy(_WithoutUrl):
    endpoint = endpoints.HIERARCHY


class TestMove(Keyed, TakesJson):
    endpoint = endpoints.MOVE


class TestFavoriteCollection(Keyed):
    endpoint = endpoints.FAVORITE_COLLECTION


class TestUnfavoriteCollection(Keyed):
    endpoint = endpoints.UNFAVORITE_COLLECTION


class TestAdd(_WithoutUrl, TakesJson):
    endpoint = endpoints.ADD


class TestRemove(_Empty, TakesJson):
    endpoint = endpoints.REMOVE


class TestListCharacters(Keyed):
    endpoint = endpoints.LIST_CHARACTERS


class TestCreateCharacter(Keyed, TakesJson):
    endpoint = endpoints.CREATE_CHARACTER


class TestGetCharacter(Keyed):
    endpoint = endpoints.GET_CHARACTER


class TestUpdateCharacter(Keyed, TakesJson):
    endpoint = endpoints.UPDATE_CHARACTER


class TestDeleteCharacter(_Empty):
    endpoint = endpoints.DELETE_CHARACTER


class TestFavoriteCharacter(Keyed):
    endpoint = endpoints.FAVORITE_CHARACTER


class TestUnfavoriteCharacter(Keyed):
    endpoint = endpoints.UNFAVORITE_CHARACTER


class _Each(Suite):
    """Contracts of many endpoints; each test names its endpoints."""

    endpoint = endpoints.CREATE_COLLECTION


@pytest.mark.parametrize("endpoint", endpoints.BY_ID, ids=lambda endpoint: endpoint.name)
class TestIds(_Each):
    def test_foreign_and_unknown_ids_look_alike(self, endpoint: Endpoint, fresh: Account) -> None:
        theirs = endpoint.valid(self)
        id = theirs["path"].split("/")[4]
        unknown = {**theirs, "path": theirs["path"].replace(id, str(uuid4()))}
        answers = []
        for request in (theirs, unknown):
            shown = str(request["path"]).split("/")[4]
            response = endpoint.send(self.client, fresh.key, **request)
            assert response.status_code == 404
            endpoint.check_error(response, "not_found")
            text = response.text.replace(shown, "ID").replace(response.headers["x-request-id"], "REQUEST")
            answers.append((text, {k: v for k, v in response.headers.items() if k not in ("x-request-id", "date")}))
        assert answers[0] == answers[1]
        assert endpoint.send(self.client, self.account.key, **theirs).status_code == endpoint.success

    @pytest.mark.parametrize("id", ["x", "%00", "é", "0" * 400])
    def test_malformed_id_is_not_found(self, endpoint: Endpoint, id: str) -> None:
        request = endpoint.valid(self)
        request["path"] = request["path"].replace(request["path"].split("/")[4], id)
        self.refused(endpoint.send(self.client, self.account.key, **request), "NotFound")


@pytest.mark.parametrize("endpoint", endpoints.MUTATIONS, ids=lambda endpoint: endpoint.name)
class TestIdempotency(_Each):
    def test_same_request_is_replayed(self, endpoint: Endpoint) -> None:
        request, headers = endpoint.valid(self), {"Idempotency-Key": new_key()}
        first, second = (endpoint.send(self.client, self.account.key, **request, headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code, second.content) == (
            endpoint.success,
            endpoint.success,
            first.content,
        )
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"

    def test_refused_request_frees_its_key(self, endpoint: Endpoint) -> None:
        request, headers = endpoint.valid(self), {"Idempotency-Key": new_key()}
        bad = {**request, "path": request.get("path", endpoint.path), "headers": headers}
        if "json" in request:
            bad["json"] = {"name": 1, "vector_id": 1, "parent_collection_id": 1}
        else:
            bad["path"] = bad["path"].replace(bad["path"].split("/")[4], str(uuid4()))
        assert endpoint.send(self.client, self.account.key, **bad).status_code in (404, 422)
        assert endpoint.send(self.client, self.account.key, **request, headers=headers).status_code == endpoint.success


@pytest.mark.parametrize("endpoint", endpoints.WITH_BODIES, ids=lambda endpoint: endpoint.name)
class TestAnotherBody(_Each):
    def test_different_body_is_a_conflict(self, endpoint: Endpoint, stored: StoredData) -> None:
        request, headers = endpoint.valid(self), {"Idempotency-Key": new_key()}
        assert endpoint.send(self.client, self.account.key, **request, headers=headers).status_code == endpoint.success
        self.before = stored.count(self.account)
        other = {**request, "json": {**request["json"], "name": "other", "request_id": "x"}}
        if "parent_collection_id" in request["json"]:
            other["json"]["parent_collection_id"] = str(uuid4())
        if "vector_id" in request["json"]:
            other["json"] = {"vector_id": str(uuid4())}
        self.refused(endpoint.send(self.client, self.account.key, **other, headers=headers), "Conflict")
