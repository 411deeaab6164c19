"""Quotas and usage in the native API."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.accounts.calls import call
from tests.dialects.native.endpoints import auth, create, inline

PNG = samples.png(seed=11)


def quota(client: httpx.Client, instance: Account, workspace: Account, **limits: int | None) -> httpx.Response:
    path = f"/api/workspaces/{workspace.workspace_id}/quota"
    body = {"max_bytes": None, "max_assets": None, **limits}
    return call(client, instance.key, "PUT", path, json=body)


def test_usage_tells_what_is_stored_and_the_quota(client: httpx.Client, fresh: Account, instance: Account) -> None:
    empty = call(client, fresh.key, "GET", "/api/usage").json()
    none = {"max_bytes": None, "max_assets": None}
    assert empty == {"bytes": 0, "assets": 0, "by_kind": [], "quota": none}
    create(client, fresh.key, inline(PNG))
    create(client, fresh.key, inline(PNG))
    assert quota(client, instance, fresh, max_bytes=10**6).json() == none | {"max_bytes": 10**6}
    usage = call(client, fresh.key, "GET", "/api/usage").json()
    assert usage == {
        "bytes": len(PNG),
        "assets": 2,
        "by_kind": [{"kind": "image", "bytes": len(PNG), "assets": 2}],
        "quota": none | {"max_bytes": 10**6},
    }
    path = f"/api/workspaces/{fresh.workspace_id}/usage"
    assert call(client, instance.key, "GET", path).json() == usage


def test_days_end_today(client: httpx.Client, fresh: Account, instance: Account) -> None:
    create(client, fresh.key, inline(PNG))
    days = call(client, fresh.key, "GET", "/api/usage/days").json()["items"]
    amount = {"bytes": len(PNG), "assets": 1}
    assert [(day["stored"], day["added"], day["removed"]) for day in days] == [
        (amount, amount, {"bytes": 0, "assets": 0})
    ]
    path = f"/api/workspaces/{fresh.workspace_id}/usage/days"
    assert call(client, instance.key, "GET", path).json()["items"] == days
    before = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    assert call(client, fresh.key, "GET", "/api/usage/days", params={"to": before}).json() == {"items": []}


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2024-01-01", "to": "2026-01-01"},
        {"from": "yesterday"},
        {"to": "2026-13-01"},
        {"from": "2026-01-01T00:00:00Z"},
    ],
)
def test_impossible_days_are_refused(client: httpx.Client, fresh: Account, params: dict[str, str]) -> None:
    response = call(client, fresh.key, "GET", "/api/usage/days", params=params)
    assert (response.status_code, response.json()["param"] in ("from", "to")) == (422, True), response.text


def test_the_first_days_of_the_calendar_are_no_error(client: httpx.Client, fresh: Account) -> None:
    assert call(client, fresh.key, "GET", "/api/usage/days", params={"to": "0001-01-05"}).json() == {"items": []}


def test_what_exceeds_the_quota_is_a_problem(client: httpx.Client, fresh: Account, instance: Account) -> None:
    quota(client, instance, fresh, max_assets=0)
    response = create(client, fresh.key, inline(PNG))
    assert response.status_code == 403
    assert response.json()["type"] == "urn:mediatheque:error:quota-exceeded"
    assert response.json()["detail"] == "This would exceed the workspace's quota of 0 assets."


def test_quotas_are_for_keys_of_the_instance(client: httpx.Client, fresh: Account, instance: Account) -> None:
    assert quota(client, fresh, fresh, max_bytes=1).status_code == 403
    path = f"/api/workspaces/{uuid4()}"
    assert call(client, instance.key, "PUT", f"{path}/quota", json={"max_bytes": 1, "max_assets": 1}).status_code == 404
    assert call(client, instance.key, "GET", f"{path}/usage").status_code == 404
    assert call(client, instance.key, "GET", f"{path}/usage/days").status_code == 404
    for body in ({"max_bytes": -1, "max_assets": None}, {"max_bytes": 1}, {"max_bytes": "1", "max_assets": 1}):
        response = client.put(f"/api/workspaces/{fresh.workspace_id}/quota", json=body, headers=auth(instance.key))
        assert response.status_code == 422, body
