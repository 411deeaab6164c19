"""The contract at the doors of fal's collections and characters."""

from uuid import uuid4

import httpx
import pytest

from tests.contracts.dialect import Door, Keyed, Suite, TakesJson
from tests.dialects.database.snapshot import Account, Stock
from tests.dialects.fal.collections_api import collection_endpoints as doors
from tests.dialects.idempotency import new_key


class _WithoutUrl(Keyed):
    test_a_host_that_is_none = None  # type: ignore[assignment] # there is no URL in the answer


class _Empty(_WithoutUrl):
    def answered(self, response: httpx.Response) -> None:
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["x-request-id"]


class TestListCollections(Keyed):
    door = doors.LIST_COLLECTIONS


class TestCreateCollection(Keyed, TakesJson):
    door = doors.CREATE_COLLECTION


class TestGetCollection(Keyed):
    door = doors.GET_COLLECTION


class TestUpdateCollection(Keyed, TakesJson):
    door = doors.UPDATE_COLLECTION


class TestDeleteCollection(_Empty):
    door = doors.DELETE_COLLECTION


class TestHierarchy(_WithoutUrl):
    door = doors.HIERARCHY


class TestMove(Keyed, TakesJson):
    door = doors.MOVE


class TestFavoriteCollection(Keyed):
    door = doors.FAVORITE_COLLECTION


class TestUnfavoriteCollection(Keyed):
    door = doors.UNFAVORITE_COLLECTION


class TestAdd(_WithoutUrl, TakesJson):
    door = doors.ADD


class TestRemove(_Empty, TakesJson):
    door = doors.REMOVE


class TestListCharacters(Keyed):
    door = doors.LIST_CHARACTERS


class TestCreateCharacter(Keyed, TakesJson):
    door = doors.CREATE_CHARACTER


class TestGetCharacter(Keyed):
    door = doors.GET_CHARACTER


class TestUpdateCharacter(Keyed, TakesJson):
    door = doors.UPDATE_CHARACTER


class TestDeleteCharacter(_Empty):
    door = doors.DELETE_CHARACTER


class TestFavoriteCharacter(Keyed):
    door = doors.FAVORITE_CHARACTER


class TestUnfavoriteCharacter(Keyed):
    door = doors.UNFAVORITE_CHARACTER


class _Each(Suite):
    """What holds at many doors; each test names its own."""

    door = doors.CREATE_COLLECTION


@pytest.mark.parametrize("door", doors.BY_ID, ids=lambda door: door.name)
class TestIds(_Each):
    def test_unknown_and_not_yours_are_answered_alike(self, door: Door, fresh: Account) -> None:
        theirs = door.valid(self)
        id = theirs["path"].split("/")[4]
        unknown = {**theirs, "path": theirs["path"].replace(id, str(uuid4()))}
        answers = []
        for request in (theirs, unknown):
            shown = str(request["path"]).split("/")[4]
            response = door.send(self.client, fresh.key, **request)
            assert response.status_code == 404
            door.say(response, "not_found")
            text = response.text.replace(shown, "ID").replace(response.headers["x-request-id"], "REQUEST")
            answers.append((text, {k: v for k, v in response.headers.items() if k not in ("x-request-id", "date")}))
        assert answers[0] == answers[1]
        assert door.send(self.client, self.account.key, **theirs).status_code == door.success

    @pytest.mark.parametrize("id", ["x", "%00", "é", "0" * 400])
    def test_what_is_no_id(self, door: Door, id: str) -> None:
        request = door.valid(self)
        request["path"] = request["path"].replace(request["path"].split("/")[4], id)
        self.refused(door.send(self.client, self.account.key, **request), "NotFound")


@pytest.mark.parametrize("door", doors.MUTATIONS, ids=lambda door: door.name)
class TestIdempotency(_Each):
    def test_the_same_again_is_replayed(self, door: Door) -> None:
        request, headers = door.valid(self), {"Idempotency-Key": new_key()}
        first, second = (door.send(self.client, self.account.key, **request, headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code, second.content) == (door.success, door.success, first.content)
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"

    def test_a_refusal_frees_the_key(self, door: Door) -> None:
        request, headers = door.valid(self), {"Idempotency-Key": new_key()}
        bad = {**request, "path": request.get("path", door.path), "headers": headers}
        if "json" in request:
            bad["json"] = {"name": 1, "vector_id": 1, "parent_collection_id": 1}
        else:
            bad["path"] = bad["path"].replace(bad["path"].split("/")[4], str(uuid4()))
        assert door.send(self.client, self.account.key, **bad).status_code in (404, 422)
        assert door.send(self.client, self.account.key, **request, headers=headers).status_code == door.success


@pytest.mark.parametrize("door", doors.WITH_BODIES, ids=lambda door: door.name)
class TestAnotherBody(_Each):
    def test_is_a_conflict(self, door: Door, stock: Stock) -> None:
        request, headers = door.valid(self), {"Idempotency-Key": new_key()}
        assert door.send(self.client, self.account.key, **request, headers=headers).status_code == door.success
        self.before = stock.of(self.account)
        other = {**request, "json": {**request["json"], "name": "other", "request_id": "x"}}
        if "parent_collection_id" in request["json"]:
            other["json"]["parent_collection_id"] = str(uuid4())
        if "vector_id" in request["json"]:
            other["json"] = {"vector_id": str(uuid4())}
        self.refused(door.send(self.client, self.account.key, **other, headers=headers), "Conflict")
