"""/api/workspaces over a real server."""

import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import ERROR_TABLES as FAL
from tests.dialects.heygen_v1.endpoints import ERROR_TABLES as HEYGEN_V1
from tests.dialects.heygen_v3.endpoints import ERROR_TABLES as HEYGEN_V3
from tests.dialects.krea.endpoints import ERROR_TABLES as KREA
from tests.dialects.native.accounts.calls import call, can_list
from tests.dialects.native.endpoints import ERROR_TABLES as NATIVE
from tests.dialects.native.endpoints import auth, create, inline
from tests.server import Serve

OPERATIONS = (
    ("POST", "/api/workspaces", {"name": "mine"}),
    ("GET", "/api/workspaces", None),
    ("GET", "/api/workspaces/{id}", None),
    ("PATCH", "/api/workspaces/{id}", {"name": "mine"}),
    ("POST", "/api/workspaces/{id}/suspend", None),
    ("POST", "/api/workspaces/{id}/resume", None),
    ("DELETE", "/api/workspaces/{id}", None),
)
IN_EVERY_DIALECT = (
    ("/assets", KREA["krea"]),
    ("/v1/assets", FAL["fal"]),
    ("/v1/storage/settings", FAL["fal-platform-storage"]),
    ("/v1/asset/list", HEYGEN_V1["heygen_v1"]),
    ("/v3/assets", HEYGEN_V3["heygen_v3"]),
    ("/api/assets", NATIVE["native"]),
)


@pytest.fixture(scope="module")
def instance(server: Serve) -> str:
    """A key that manages workspaces, and nothing else."""
    return server.new_key(Scope.INSTANCE)


def _create(client: httpx.Client, instance: str) -> dict[str, Any]:
    response = call(client, instance, "POST", "/api/workspaces", json={"name": f"w-{uuid4().hex}"})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_admin_of_a_workspace_can_neither_list_nor_infer_others(
    client: httpx.Client, admin: Account, instance: str, method: str, path: str, body: object
) -> None:
    other = _create(client, instance)["id"]
    texts = []
    for id in (str(admin.workspace_id), other, str(uuid4())):
        response = call(client, admin.key, method, path.replace("{id}", id), json=body)
        assert response.status_code == 403
        texts.append(response.json()["detail"])
    assert texts == [texts[0]] * 3


def test_instance_key_reads_no_content(client: httpx.Client, instance: str) -> None:
    assert can_list(client, instance) == 403
    assert call(client, instance, "GET", "/api/keys").status_code == 403


def test_created_workspace_is_listed_and_its_first_key_manages_it(client: httpx.Client, instance: str) -> None:
    made = _create(client, instance)
    first = made.pop("first_key")
    assert first["scopes"] == ["admin", "read", "write"]
    listed = call(client, first["secret"], "GET", "/api/keys").json()["items"]
    assert [key["id"] for key in listed] == [first["id"]]
    assert call(client, instance, "GET", f"/api/workspaces/{made['id']}").json() == made
    assert call(client, instance, "GET", "/api/workspaces", params={"limit": 1}).json()["items"] == [made]
    assert (made["state"], made["suspended_at"], made["deleted_at"]) == ("active", None, None)


def test_replayed_answer_has_no_secret(client: httpx.Client, instance: str) -> None:
    key, body = {"Idempotency-Key": uuid4().hex}, {"name": f"w-{uuid4().hex}"}
    first, second = (call(client, instance, "POST", "/api/workspaces", json=body, headers=key) for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert first.json()["first_key"].pop("secret")
    assert second.json()["first_key"]["secret"] is None


def test_taken_and_impossible_names_are_refused(client: httpx.Client, instance: str) -> None:
    one, two = _create(client, instance), _create(client, instance)
    path = f"/api/workspaces/{two['id']}"
    assert call(client, instance, "PATCH", path, json={"name": one["name"]}).status_code == 409
    assert call(client, instance, "POST", "/api/workspaces", json={"name": one["name"]}).status_code == 409
    for name in ("", "-a", "a b", "x" * 101):
        assert call(client, instance, "PATCH", path, json={"name": name}).status_code == 422
    new = f"n-{uuid4().hex}"
    assert call(client, instance, "PATCH", path, json={"name": new}).json()["name"] == new
    assert call(client, instance, "POST", "/api/workspaces", json={"name": two["name"]}).status_code == 409


def test_unknown_workspaces_are_not_found(client: httpx.Client, instance: str) -> None:
    for id in (str(uuid4()), "nonsense"):
        for method, path, body in OPERATIONS[2:]:
            response = call(client, instance, method, path.replace("{id}", id), json=body)
            assert (response.status_code, response.json()["detail"]) == (404, "Workspace not found.")


def test_suspended_workspace_is_refused_in_every_dialects_words(client: httpx.Client, instance: str) -> None:
    made = _create(client, instance)
    key, path = made["first_key"]["secret"], f"/api/workspaces/{made['id']}"
    url = create(client, key, inline(samples.png())).json()["url"]
    assert client.get(url).status_code == 200
    assert call(client, instance, "POST", f"{path}/suspend").json()["state"] == "suspended"
    time.sleep(2.05)
    for route, table in IN_EVERY_DIALECT:
        response = client.get(route, headers=auth(key))
        status, code = table.refusals["WorkspaceSuspended"]
        assert response.status_code == status == 403
        table.check_error(response, code)
        assert "suspended" in response.text
    assert client.get(url).status_code == 404
    assert call(client, instance, "POST", f"{path}/resume").json()["state"] == "active"
    time.sleep(2.05)
    assert can_list(client, key) == 200
    assert client.get(url).status_code == 200


def test_key_does_not_end_the_workspace_that_it_belongs_to(
    client: httpx.Client, instance: str, stored: StoredData
) -> None:
    path = f"/api/workspaces/{stored.account(instance).workspace_id}"
    for method, each in (("POST", f"{path}/suspend"), ("DELETE", path)):
        assert call(client, instance, method, each).status_code == 409
    assert call(client, instance, "GET", path).json()["state"] == "active"


def test_nothing_of_a_deleted_workspace_is_readable_once_it_is_answered(
    client: httpx.Client, instance: str, stored: StoredData
) -> None:
    made = _create(client, instance)
    key, path = made["first_key"]["secret"], f"/api/workspaces/{made['id']}"
    url = create(client, key, inline(samples.png())).json()["url"]
    assert client.get(url).status_code == 200
    assert can_list(client, key) == 200
    answer = call(client, instance, "DELETE", path)
    assert (answer.status_code, answer.json()["state"]) == (202, "deleting")
    assert client.get(url).status_code == 404
    assert can_list(client, key) == 401
    assert call(client, instance, "GET", path).json() == answer.json()
    assert call(client, instance, "POST", f"{path}/resume").status_code == 409
    jobs = stored.database.execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'delete_workspace' AND args->>'workspace_id' = %s",
        [str(UUID(made["id"]))],
    )
    assert jobs.fetchone() == (1,)
