"""Creation and inspection of tags and tagged assets."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.dialects.database.rows import Row, put_assets
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.tags_api.tag_endpoints import (
    ASSET_TAGS,
    ASSIGN_TAG,
    CREATE_TAG,
    LIST_TAGS,
    TAGS,
    UNASSIGN_TAG,
)


def make_asset(stored: StoredData, account: Account, *, moment: int = 0, request_id: str | None = None) -> str:
    """Insert an asset without bytes and return its id."""
    id = uuid4()
    put_assets(stored, account, [Row(moment, id)])
    stored.database.execute("UPDATE asset SET request_id = %s WHERE id = %s", [request_id, id])
    return str(id)


def expire(stored: StoredData, asset_id: str) -> None:
    query = "UPDATE file SET expires_at = now() - interval '1 second' WHERE id = %s"
    stored.database.execute(query, [UUID(asset_id)])


def make_tag(client: httpx.Client, account: Account, name: str | None = None) -> str:
    response = CREATE_TAG.send(client, account.key, json={"name": name or uuid4().hex})
    assert response.status_code == 201, response.text
    return str(response.json()["tag"]["id"])


def all_tags(client: httpx.Client, account: Account) -> list[dict[str, Any]]:
    return list(LIST_TAGS.send(client, account.key).json()["tags"])


def tag_names(client: httpx.Client, account: Account) -> list[str]:
    return [tag["name"] for tag in all_tags(client, account)]


def tags_of(client: httpx.Client, account: Account, asset_id: str) -> list[str]:
    """Return the ids of the asset's tags; check that two operations agree."""
    told = ASSET_TAGS.send(client, account.key, path=f"/v1/assets/{asset_id}/tags")
    assert told.status_code == 200, told.text
    shown = client.get(f"/v1/assets/{asset_id}", headers={"Authorization": f"Key {account.key}"}).json()["asset"]
    assert shown["tags"] == told.json()["tags"]
    return [tag["id"] for tag in shown["tags"]]


def assign(client: httpx.Client, account: Account, tag_id: str, **target: str) -> httpx.Response:
    return ASSIGN_TAG.send(client, account.key, path=f"{TAGS}/{tag_id}/assign", json=target)


def unassign(client: httpx.Client, account: Account, tag_id: str, **target: str) -> httpx.Response:
    return UNASSIGN_TAG.send(client, account.key, path=f"{TAGS}/{tag_id}/assign", json=target)
