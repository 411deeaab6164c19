"""POST /api/assets/bulk. The rules are tested in tests/library/catalog/test_bulk.py."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.idempotency import new_key
from tests.dialects.native.endpoints import auth, create, inline

Json = dict[str, Any]


@pytest.fixture
def assets(client: httpx.Client, fresh: Account) -> list[Json]:
    return [create(client, fresh.key, inline(samples.png(seed=80 + n))).json() for n in range(3)]


def change(client: httpx.Client, account: Account, **body: Any) -> httpx.Response:
    headers = {**auth(account.key), **body.pop("headers", {})}
    return client.post("/api/assets/bulk", json=body, headers=headers)


def test_results_are_in_the_order_of_the_ids(client: httpx.Client, fresh: Account, assets: list[Json]) -> None:
    unknown = str(uuid4())
    ids = [assets[1]["id"], unknown, "x", assets[0]["id"], assets[1]["id"]]
    response = change(client, fresh, operation="patch", ids=ids, title="Bear", is_favorite=True)
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["succeeded"], body["failed"]) == (3, 2)
    assert [(result["id"], result["ok"]) for result in body["results"]] == list(
        zip(ids, [True, False, False, True, True], strict=True)
    )
    assert body["results"][1] == {
        "id": unknown,
        "ok": False,
        "problem": {
            "type": "urn:mediatheque:error:asset-not-found",
            "title": "Asset not found",
            "status": 404,
            "detail": "Asset not found.",
        },
    }
    assert "problem" not in body["results"][0]
    found = [client.get(f"/api/assets/{asset['id']}", headers=auth(fresh.key)).json() for asset in assets]
    assert [(each["title"], each["is_favorite"]) for each in found] == [("Bear", True), ("Bear", True), ("file", False)]


def test_trashed_urls_end_at_once(client: httpx.Client, fresh: Account, assets: list[Json]) -> None:
    ids = [asset["id"] for asset in assets]
    assert [client.get(asset["url"]).status_code for asset in assets] == [200] * 3
    assert change(client, fresh, operation="trash", ids=ids[:2]).json()["succeeded"] == 2
    assert [client.get(asset["url"]).status_code for asset in assets] == [404, 404, 200]
    assert change(client, fresh, operation="restore", ids=ids).json()["succeeded"] == 2
    assert change(client, fresh, operation="trash", ids=ids).json()["succeeded"] == 3
    assert change(client, fresh, operation="purge", ids=ids).json()["succeeded"] == 3
    assert [client.get(asset["url"], headers=auth(fresh.key)).status_code for asset in assets] == [404] * 3


def test_repeated_request_gets_the_same_results(client: httpx.Client, fresh: Account, assets: list[Json]) -> None:
    body = {"operation": "trash", "ids": [asset["id"] for asset in assets]}
    headers = {"idempotency-key": new_key()}
    first, again = [change(client, fresh, **body, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    assert (again.json()["succeeded"], again.headers["idempotent-replayed"]) == (3, "true")
    assert change(client, fresh, **body).json()["succeeded"] == 0
    assert change(client, fresh, operation="restore", ids=body["ids"], headers=headers).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "patch", "ids": []},
        {"operation": "patch", "ids": ["x"] * 1001},
        {"operation": "patch", "ids": ["x"], "title": ""},
        {"operation": "patch", "ids": ["x"], "colour": "red"},
        {"operation": "tag", "ids": ["x"]},
        {"operation": "tag", "ids": ["x"], "tag_ids": []},
        {"operation": "sing", "ids": ["x"]},
        {"ids": ["x"]},
    ],
    ids=lambda body: str(body)[:60],
)
def test_invalid_requests_are_refused(client: httpx.Client, fresh: Account, body: Json) -> None:
    assert change(client, fresh, **body).status_code == 422


def test_thousand_ids_are_taken(client: httpx.Client, fresh: Account, assets: list[Json]) -> None:
    ids = [asset["id"] for asset in assets] + [str(uuid4()) for _ in range(997)]
    body = change(client, fresh, operation="patch", ids=ids, metadata={"shot": 12}).json()
    assert (body["succeeded"], body["failed"], len(body["results"])) == (3, 997, 1000)
