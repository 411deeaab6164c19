"""The contract for fal's asset lists."""

from uuid import uuid4

import httpx
import pytest

from tests.contracts.dialect import Keyed, Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.browse import browsing
from tests.dialects.fal.browse.browsing import inside
from tests.dialects.fal.collections_api.creation import character, collection, image


class TestList(Keyed):
    endpoint = browsing.LIST


class TestListIn(Keyed):
    endpoint = browsing.LIST_IN


class TestCollections(Suite):
    endpoint = browsing.LIST

    @pytest.mark.parametrize("kind", ["manual", "smart", "character"])
    def test_foreign_and_unknown_collections_look_alike(self, kind: str, fresh: Account) -> None:
        theirs = self._made(kind)
        unknown = str(uuid4())
        answers = [self._answers(fresh, id) for id in (theirs, unknown)]
        assert answers[0] == answers[1]
        for response in self._asked(self.account, theirs):
            assert response.status_code == 200

    @pytest.mark.parametrize("id", ["x", "%00", "é", "0" * 400, "00000000-0000-0000-0000-00000000000g"])
    def test_malformed_collection_id_is_refused(self, id: str) -> None:
        for response in self._asked(self.account, id):
            assert response.status_code in (404, 422)
            self.refused(response, "NotFound", "InvalidQuery")

    def _made(self, kind: str) -> str:
        if kind == "character":
            return str(character(self.client, self.account, [image(self.client, self.account)["url"]])["id"])
        more = {"filters": {"field": "type", "op": "eq", "value": "image"}} if kind == "smart" else {}
        return str(collection(self.client, self.account, **more)["id"])

    def _asked(self, account: Account, id: str) -> list[httpx.Response]:
        at_once = {"params": {"collection_id": id.replace("%00", "\0")}}
        return [self.endpoint.send(self.client, account.key, **each) for each in ({"path": inside(id)}, at_once)]

    def _answers(self, account: Account, id: str) -> list[tuple[int, str, dict[str, str]]]:
        return [
            (
                response.status_code,
                response.text.replace(id, "ID").replace(response.headers["x-request-id"], "REQUEST"),
                {k: v for k, v in response.headers.items() if k not in ("x-request-id", "date")},
            )
            for response in self._asked(account, id)
        ]
