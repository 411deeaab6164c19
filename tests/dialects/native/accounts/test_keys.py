"""/api/keys over a real server."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.accounts.calls import call, can_list, new_key
from tests.dialects.native.endpoints import auth, create, inline
from tests.server import Serve

OPERATIONS = (
    ("POST", "/api/keys", {"name": "x", "scopes": ["assets:read"]}),
    ("GET", "/api/keys", None),
    ("GET", "/api/keys/{id}", None),
    ("PATCH", "/api/keys/{id}", {"name": "x"}),
    ("POST", "/api/keys/{id}/rotate", None),
    ("DELETE", "/api/keys/{id}", None),
)


@pytest.fixture
def boss(server: Serve, stored: StoredData) -> Account:
    """An admin key of a workspace of its own."""
    return stored.account(server.new_key(Scope.ADMIN))


def test_created_key_works_and_is_shown_without_its_secret(client: httpx.Client, boss: Account) -> None:
    made = new_key(client, boss.key, "assets:read", "uploads:write", expires_in=3600)
    assert can_list(client, made["secret"]) == 200
    shown = call(client, boss.key, "GET", f"/api/keys/{made['id']}").json()
    assert shown.pop("last_used_at")
    assert shown == {name: value for name, value in made.items() if name not in ("secret", "last_used_at")}
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("robot", ["assets:read", "uploads:write"], None)
    ends = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert timedelta(seconds=3590) < ends < timedelta(seconds=3610)


def test_end_after_the_last_year_is_refused(client: httpx.Client, boss: Account) -> None:
    end = "9999-12-31T23:59:59-14:00"
    for method, path, body in (
        ("POST", "/api/keys", {"name": "x", "scopes": ["read"], "expires_at": end}),
        ("PATCH", f"/api/keys/{new_key(client, boss.key, 'read')['id']}", {"expires_at": end}),
    ):
        refused = call(client, boss.key, method, path, json=body)
        assert (refused.status_code, refused.json()["param"]) == (422, "expires_at")
    assert new_key(client, boss.key, "read", expires_at="9999-12-31T23:59:59Z")["expires_at"] == "9999-12-31T23:59:59Z"
    assert call(client, boss.key, "GET", "/api/keys").status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_key_without_admin_manages_no_keys(
    client: httpx.Client, account: Account, method: str, path: str, body: object
) -> None:
    path = path.replace("{id}", str(account.key_id))
    assert call(client, account.key, method, path, json=body).status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS[2:])
def test_foreign_and_unknown_keys_look_the_same(
    client: httpx.Client, account: Account, boss: Account, method: str, path: str, body: object
) -> None:
    unknown, other = (
        call(client, boss.key, method, path.replace("{id}", str(id)), json=body) for id in (uuid4(), account.key_id)
    )
    assert unknown.status_code == other.status_code == 404
    assert unknown.json()["detail"] == other.json()["detail"] == "API key not found."
    assert can_list(client, account.key) == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "scopes": ["read"]},
        {"name": "x" * 101, "scopes": ["read"]},
        {"name": "a\nb", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["fly"]},
        {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00"},
        {"name": "x", "scopes": ["read"], "expires_in": 0},
        {"name": "x", "scopes": ["read"], "expires_in": 10**15},
        {"name": "x", "scopes": ["read"], "expires_in": 60, "expires_at": "2999-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "secret": "mine"},
    ],
)
def test_invalid_keys_are_refused(client: httpx.Client, boss: Account, body: dict[str, object]) -> None:
    assert call(client, boss.key, "POST", "/api/keys", json=body).status_code == 422
    assert len(call(client, boss.key, "GET", "/api/keys").json()["items"]) == 1


@pytest.mark.parametrize("scope", ["instance"])
def test_key_grants_no_more_than_it_has(client: httpx.Client, boss: Account, scope: str) -> None:
    refused = call(client, boss.key, "POST", "/api/keys", json={"name": "x", "scopes": [scope]})
    assert refused.status_code == 403


def test_keys_are_listed_in_pages_without_secrets(client: httpx.Client, boss: Account) -> None:
    made = [new_key(client, boss.key, "read") for _ in range(4)]
    listed, cursor = [], ""
    while cursor is not None:
        page = call(client, boss.key, "GET", "/api/keys", params={"limit": 2, "cursor": cursor})
        assert not [each for each in made if each["secret"].rpartition("_")[2] in page.text]
        assert "hash" not in page.text
        listed += [key["id"] for key in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert listed == [*(each["id"] for each in reversed(made)), str(boss.key_id)]


def test_replayed_answer_has_no_secret(client: httpx.Client, boss: Account, stored: StoredData) -> None:
    key, body = {"Idempotency-Key": "again"}, {"name": "robot", "scopes": ["read"]}
    first, second = (call(client, boss.key, "POST", "/api/keys", json=body, headers=key) for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == {**first.json(), "secret": None}
    secret = first.json()["secret"].rpartition("_")[2]
    rows = stored.database.execute("SELECT body FROM idempotency WHERE workspace_id = %s", [boss.workspace_id])
    assert [bytes(body).find(secret.encode()) for (body,) in rows.fetchall()] == [-1]
    path, key = f"/api/keys/{first.json()['id']}/rotate", {"Idempotency-Key": "rotate"}
    first, second = (call(client, boss.key, "POST", path, headers=key) for _ in range(2))
    assert second.json() == {**first.json(), "secret": None}


def test_key_is_renamed_and_given_an_end(client: httpx.Client, boss: Account) -> None:
    path = f"/api/keys/{new_key(client, boss.key, 'read', expires_in=60)['id']}"
    end = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    changed = call(client, boss.key, "PATCH", path, json={"name": "new", "expires_at": end}).json()
    assert (changed["name"], datetime.fromisoformat(changed["expires_at"])) == ("new", datetime.fromisoformat(end))
    assert call(client, boss.key, "PATCH", path, json={"expires_at": None}).json()["expires_at"] is None
    assert call(client, boss.key, "PATCH", path, json={"scopes": ["write"]}).status_code == 422


def test_rotation_and_revocation_take_effect_within_two_seconds(client: httpx.Client, boss: Account) -> None:
    old = new_key(client, boss.key, "read")
    assert can_list(client, old["secret"]) == 200
    path = f"/api/keys/{old['id']}"
    new = call(client, boss.key, "POST", f"{path}/rotate", json={"overlap_seconds": 3600}).json()
    time.sleep(2.05)
    assert [can_list(client, each["secret"]) for each in (old, new)] == [200, 200]
    newest = call(client, boss.key, "POST", f"{path}/rotate").json()
    time.sleep(2.05)
    assert [can_list(client, each["secret"]) for each in (old, new, newest)] == [401, 401, 200]
    assert call(client, boss.key, "DELETE", path).status_code == 204
    time.sleep(2.05)
    assert can_list(client, newest["secret"]) == 401
    assert call(client, boss.key, "GET", path).json()["revoked_at"]


def test_last_admin_key_is_not_revoked(client: httpx.Client, boss: Account) -> None:
    refused = call(client, boss.key, "DELETE", f"/api/keys/{boss.key_id}")
    assert refused.status_code == 409
    assert "last key with the scope 'admin'" in refused.json()["detail"]
    second = new_key(client, boss.key, "admin")
    assert call(client, boss.key, "DELETE", f"/api/keys/{boss.key_id}").status_code == 204
    assert call(client, second["secret"], "DELETE", f"/api/keys/{second['id']}").status_code == 409


def test_file_is_read_with_its_workspaces_keys_that_may_read_assets(client: httpx.Client, boss: Account) -> None:
    """Others see what anybody sees: here, that it is forbidden."""
    url = create(client, boss.key, inline(samples.png())).json()["url"]
    acl = client.put("/v1/storage/files/acl", params={"url": url}, json={"default": "forbid"}, headers=auth(boss.key))
    assert acl.is_success, acl.text
    time.sleep(1.05)
    for scope, status in (("assets:read", 200), ("read", 200), ("assets:write", 403), ("collections:read", 403)):
        assert client.get(url, headers=auth(new_key(client, boss.key, scope)["secret"])).status_code == status, scope
    assert client.get(url).status_code == 403


def test_areas_are_kept_apart(client: httpx.Client, boss: Account) -> None:
    reader = new_key(client, boss.key, "collections:read")["secret"]
    assert can_list(client, reader) == 403
    headers = {"Authorization": f"Key {reader}"}
    assert client.get("/v1/assets/tags", headers=headers).status_code == 200
    assert client.post("/v1/assets/tags", headers=headers, json={"name": "a"}).status_code == 403
    assert client.get("/v3/users/me", headers={"x-api-key": reader}).status_code == 200
