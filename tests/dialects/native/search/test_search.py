"""The native search and similar assets. Ranking is tested in tests/library/search/test_hybrid.py."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, Keyed, Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.native import endpoints
from tests.dialects.native.endpoints import REFUSALS, auth, check_error, create, inline


def _endpoint(name: str, path: str, valid: Any) -> Endpoint:
    return Endpoint(
        name=name,
        method="GET",
        path=path,
        auth=auth,
        refusals=REFUSALS,
        check_error=check_error,
        valid=valid,
        scope=Scope.READ,
        refused_as="application/problem+json",
    )


def _likened(suite: Suite) -> dict[str, Any]:
    return {"path": f"{endpoints.GET.valid(suite)['path']}/similar"}


class TestSearch(Keyed):
    endpoint = _endpoint("native-search", "/api/search", lambda _: {"params": {"q": "bear"}})


class TestSimilar(Keyed):
    endpoint = _endpoint("native-similar", f"/api/assets/{uuid4()}/similar", _likened)


def search(client: httpx.Client, account: Account, **query: str) -> httpx.Response:
    return client.get("/api/search", params=query, headers=auth(account.key))


def test_text_match_works_without_embeddings(client: httpx.Client, fresh: Account) -> None:
    made = [create(client, fresh.key, inline(samples.png(seed=n)), title=f"Bear {n}").json() for n in range(3)]
    create(client, fresh.key, inline(samples.png(seed=9)), title="Wolf")
    first = search(client, fresh, q="bears", limit="2").json()
    assert [item.pop("similarity") for item in first["items"]] == [None, None]
    rest = search(client, fresh, q="bears", limit="2", cursor=first["next_cursor"]).json()
    [last] = rest["items"]
    assert last.pop("similarity") is None
    assert sorted([*first["items"], last], key=lambda item: item["title"]) == made
    assert rest["next_cursor"] is None
    assert rest["partial"] is False


def test_kind_filters_results(client: httpx.Client, fresh: Account) -> None:
    create(client, fresh.key, inline(samples.png()), title="Bear")
    assert len(search(client, fresh, q="bear", kind="image").json()["items"]) == 1
    assert search(client, fresh, q="bear", kind="video").json()["items"] == []


def test_foreign_and_unknown_examples_look_alike(client: httpx.Client, fresh: Account, account: Account) -> None:
    asset = create(client, fresh.key, inline(samples.png())).json()
    assert search(client, fresh, like=asset["id"]).status_code == 200
    foreign, unknown = (search(client, account, like=id) for id in (asset["id"], str(uuid4())))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"] == unknown.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": " "},
        {"q": "a", "like": "b"},
        {"q": "a" * 2001},
        {"q": "a", "limit": "0"},
        {"q": "a", "limit": "101"},
        {"q": "a", "kind": "picture"},
        {"q": "a", "cursor": "s.AAAA"},
        {"q": "a", "cursor": "elsewhere"},
    ],
    ids=str,
)
def test_invalid_query_is_refused(client: httpx.Client, account: Account, query: dict[str, str]) -> None:
    response = search(client, account, **query)
    assert response.status_code == 422
    check_error(response)


def test_identical_content_is_marked_duplicate(client: httpx.Client, fresh: Account) -> None:
    first, second = (create(client, fresh.key, inline(samples.png(seed=3))).json() for _ in range(2))
    create(client, fresh.key, inline(samples.png(seed=4)))
    response = client.get(f"/api/assets/{first['id']}/similar", headers=auth(fresh.key))
    assert response.json()["items"] == [second | {"similarity": 1.0, "identical": True, "duplicate": True}]


def test_similar_to_foreign_or_unknown_is_not_found(client: httpx.Client, fresh: Account, account: Account) -> None:
    asset = create(client, fresh.key, inline(samples.png())).json()
    for id in (asset["id"], str(uuid4())):
        response = client.get(f"/api/assets/{id}/similar", headers=auth(account.key))
        assert response.status_code == 404
        check_error(response)
