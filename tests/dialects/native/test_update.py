"""PATCH /api/assets/{id}, external ids and metadata in the native API."""

from typing import Any

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, create, inline
from tests.server import Serve

PNG = samples.png(seed=5)


def patch(client: httpx.Client, key: str, id: str, body: Any, **headers: str) -> httpx.Response:
    return client.patch(f"/api/assets/{id}", json=body, headers={**auth(key), **headers})


def test_each_field(client: httpx.Client, fresh: Account) -> None:
    made = create(client, fresh.key, inline(PNG), metadata={"shot": "12", "draft": True}, tags=["old"]).json()
    changes = {
        "title": "Bear",
        "caption": "a bear",
        "is_favorite": True,
        "external_id": "s3://bucket/bear.png",
        "metadata": {"draft": None, "take": 2},
        "tags": ["bear", "autumn"],
    }
    response = patch(client, fresh.key, made["id"], changes)
    assert response.status_code == 200, response.text
    changed = response.json()
    assert {name: changed[name] for name in changes} == {
        **changes,
        "metadata": {"shot": "12", "take": 2},
        "tags": [
            {"id": tag["id"], "name": name} for tag, name in zip(changed["tags"], ["autumn", "bear"], strict=True)
        ],
    }
    assert changed["updated_at"]
    got = client.get(f"/api/assets/{made['id']}", headers=auth(fresh.key)).json()
    assert changed.items() <= got.items()
    found = client.get(
        "/api/assets/by-external-id", params={"external_id": "s3://bucket/bear.png"}, headers=auth(fresh.key)
    )
    assert found.json() == got
    cleared = patch(client, fresh.key, made["id"], {"caption": None, "external_id": None, "metadata": None, "tags": []})
    assert [cleared.json()[name] for name in ("caption", "external_id", "metadata", "tags")] == [None, None, {}, []]


def test_change_of_a_known_revision(client: httpx.Client, account: Account) -> None:
    made = create(client, account.key, inline(PNG))
    id, etag = made.json()["id"], made.headers["etag"]
    first = patch(client, account.key, id, {"title": "one"}, **{"If-Match": etag})
    assert (first.status_code, first.headers["etag"] != etag) == (200, True)
    late = patch(client, account.key, id, {"title": "two"}, **{"If-Match": etag})
    assert (late.status_code, late.json()["type"]) == (412, "urn:mediatheque:error:precondition-failed")
    assert client.get(f"/api/assets/{id}", headers=auth(account.key)).json()["title"] == "one"


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"title": ""}, 422, "title"),
        ({"title": None}, 422, "title"),
        ({"metadata": []}, 422, "metadata"),
        ({"metadata": {"a": "x" * 20_000}}, 422, "metadata"),
        ({"metadata": {"a": "\0"}}, 422, "metadata.a"),
        ({"external_id": ""}, 422, "external_id"),
        ({"tags": [" "]}, 422, "tags"),
        ({"tag_ids": ["01a21b9d-31e3-7095-9e60-712acb87c460"]}, 404, "tag_ids"),
        ({"collection_ids": ["01a21b9d-31e3-7095-9e60-712acb87c460"]}, 404, "collection_ids"),
        ({"favorite": True}, 422, "favorite"),
    ],
    ids=str,
)
def test_refused_change(client: httpx.Client, account: Account, body: Any, status: int, param: str) -> None:
    id = create(client, account.key, inline(PNG)).json()["id"]
    response = patch(client, account.key, id, body)
    assert (response.status_code, response.json()["param"]) == (status, param)


def test_update_needs_the_right_to_change_assets(client: httpx.Client, server: Serve) -> None:
    key = server.new_key(Scope.UPLOADS_WRITE)
    assert create(client, key, inline(PNG), external_id="one").status_code == 201
    refused = create(client, key, inline(PNG), external_id="one", on_conflict="update")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:mediatheque:error:scope-missing")


def test_external_id_is_unique_and_updates(client: httpx.Client, fresh: Account) -> None:
    first = create(client, fresh.key, inline(PNG), external_id="shot-12", title="one").json()
    taken = create(client, fresh.key, inline(PNG), external_id="shot-12")
    assert (taken.status_code, taken.json()["param"]) == (409, "external_id")
    again = create(client, fresh.key, inline(PNG), external_id="shot-12", on_conflict="update", metadata={"a": 1})
    assert again.status_code == 201
    assert (again.json()["id"], again.json()["title"], again.json()["metadata"]) == (first["id"], "one", {"a": 1})
