"""The audit log in the native API."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.accounts.calls import call
from tests.dialects.native.endpoints import create, inline
from tests.server import Serve


@pytest.fixture
def owner(server: Serve, stored: StoredData) -> Account:
    """A key of a new workspace that may do everything in it."""
    return stored.account(server.new_key(Scope.ADMIN))


def listed(client: httpx.Client, key: str, path: str = "/api/audit", **params: str) -> list[dict[str, Any]]:
    page = call(client, key, "GET", path, params=params).json()
    items: list[dict[str, Any]] = page["items"]
    return items


def test_entries_tell_who_when_and_from_where(client: httpx.Client, owner: Account) -> None:
    created = create(client, owner.key, inline(samples.png()))
    (entry,) = listed(client, owner.key)
    assert entry == {
        "id": entry["id"],
        "created_at": entry["created_at"],
        "workspace_id": str(owner.workspace_id),
        "action": "asset.create",
        "target_id": created.json()["id"],
        "related_id": None,
        "actor": "key",
        "key_id": str(owner.key_id),
        "key_name": entry["key_name"],
        "address": "127.0.0.1",
        "user_agent": client.headers["user-agent"],
        "request_id": created.headers["x-request-id"],
    }


def test_entries_are_filtered_and_paged(client: httpx.Client, owner: Account) -> None:
    ids = [create(client, owner.key, inline(samples.png())).json()["id"] for _ in range(3)]
    call(client, owner.key, "DELETE", f"/api/assets/{ids[0]}")
    assert [each["action"] for each in listed(client, owner.key, target_id=ids[0])] == ["asset.trash", "asset.create"]
    assert [each["target_id"] for each in listed(client, owner.key, action="asset.create")] == ids[::-1]
    assert len(listed(client, owner.key, action="asset")) == 4
    assert listed(client, owner.key, action="tag") == []
    assert listed(client, owner.key, key_id=str(uuid4())) == []
    assert len(listed(client, owner.key, key_id=str(owner.key_id))) == 4
    second = listed(client, owner.key)[2]["created_at"]
    assert len(listed(client, owner.key, **{"created_at[gte]": second})) == 3
    assert len(listed(client, owner.key, **{"created_at[lt]": second})) == 1
    first = call(client, owner.key, "GET", "/api/audit", params={"limit": "3"}).json()
    rest = call(client, owner.key, "GET", "/api/audit", params={"cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert not {each["id"] for each in first["items"]} & {each["id"] for each in rest["items"]}


def test_a_workspace_sees_its_own_entries_only(client: httpx.Client, owner: Account, instance: Account) -> None:
    create(client, owner.key, inline(samples.png()))
    (mine,) = listed(client, owner.key)
    everywhere = listed(client, instance.key, "/api/instance/audit", target_id=mine["target_id"])
    assert everywhere == [mine]
    of_mine = listed(client, instance.key, "/api/instance/audit", workspace_id=str(owner.workspace_id))
    assert of_mine == [mine]
    assert listed(client, owner.key, workspace_id=str(instance.workspace_id)) == [mine], "it is no parameter here"


def test_a_workspace_does_not_learn_who_administers_it(client: httpx.Client, owner: Account, instance: Account) -> None:
    path = f"/api/workspaces/{owner.workspace_id}/quota"
    call(client, instance.key, "PUT", path, json={"max_bytes": 10, "max_assets": None})
    (entry,) = listed(client, owner.key)
    hidden = ("key_id", "key_name", "address", "user_agent", "request_id")
    assert (entry["action"], entry["target_id"], entry["actor"]) == (
        "workspace.quota",
        str(owner.workspace_id),
        "instance",
    )
    assert [entry[name] for name in hidden] == [None] * len(hidden)
    (whole,) = listed(client, instance.key, "/api/instance/audit", target_id=str(owner.workspace_id))
    assert (whole["key_id"], whole["address"]) == (str(instance.key_id), "127.0.0.1")


def test_the_log_is_for_administrators(client: httpx.Client, fresh: Account, owner: Account) -> None:
    assert call(client, fresh.key, "GET", "/api/audit").status_code == 403
    assert call(client, owner.key, "GET", "/api/instance/audit").status_code == 403
