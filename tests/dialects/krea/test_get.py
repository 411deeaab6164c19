"""GET /assets/{id}."""

from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.krea.endpoints import GET
from tests.dialects.krea.test_upload import post
from tests.dialects.wire.form import file_part, text_part


@pytest.fixture
def posted(client: httpx.Client, account: Account) -> dict[str, str]:
    parts = text_part("description", "mine"), file_part(samples.png())
    return dict(post(client, account.key, *parts).json())


def get(client: httpx.Client, account: Account, id: str) -> httpx.Response:
    return GET.send(client, account.key, path=f"/assets/{id}")


def test_get_returns_uploaded_asset(client: httpx.Client, account: Account, posted: dict[str, str]) -> None:
    response = get(client, account, posted["id"])
    assert response.status_code == 200
    assert response.json() == posted
    assert GET.spec
    GET.spec.check(response)


def test_id_in_other_uuid_spelling_is_accepted(client: httpx.Client, account: Account, posted: dict[str, str]) -> None:
    assert get(client, account, posted["id"].upper()).json() == posted
    assert get(client, account, UUID(posted["id"]).hex).json() == posted


def test_foreign_and_unknown_assets_look_alike(client: httpx.Client, fresh: Account, posted: dict[str, str]) -> None:
    theirs, none = get(client, fresh, posted["id"]), get(client, fresh, str(uuid4()))
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    GET.check_error(theirs, None)


@pytest.mark.parametrize(
    "id", ["1", "not-a-uuid", "%00", "%ff", "0" * 31, "g" * 32, "0" * 5000, "null", "{0}", "%2e%2e%2f", "é"]
)
def test_malformed_id_is_not_found(client: httpx.Client, account: Account, id: str) -> None:
    response = get(client, account, id)
    assert response.status_code == 404
    GET.check_error(response, None)
    assert GET.spec
    GET.spec.check(response)


def test_every_unknown_id_gets_the_same_answer(client: httpx.Client, account: Account) -> None:
    answers = [get(client, account, id) for id in (str(uuid4()), "1", "not-a-uuid", "%00", "a%2Fb", "x" * 300)]
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(404, "Asset not found")}


def test_missing_key_hides_whether_id_exists(client: httpx.Client, posted: dict[str, str]) -> None:
    assert client.get(f"/assets/{posted['id']}").content == client.get(f"/assets/{uuid4()}").content
    assert client.get(f"/assets/{posted['id']}").status_code == 401
