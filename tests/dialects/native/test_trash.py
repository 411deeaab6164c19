"""The trash in the native API: list, restore, purge, empty, and who may read the files in it."""

from typing import Any

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import auth, check_error, create, inline
from tests.dialects.native.hosting import host

PNG = samples.png(seed=3)


def trashed(client: httpx.Client, key: str, **fields: Any) -> dict[str, Any]:
    asset: dict[str, Any] = create(client, key, inline(PNG), **fields).json()
    assert client.delete(f"/api/assets/{asset['id']}", headers=auth(key)).status_code == 204
    return asset


def trash(client: httpx.Client, key: str, **params: str) -> dict[str, Any]:
    page: dict[str, Any] = client.get("/api/trash", params=params, headers=auth(key)).raise_for_status().json()
    return page


def test_trashed_asset_is_listed_there_only_and_comes_back(client: httpx.Client, fresh: Account) -> None:
    asset = trashed(client, fresh.key, title="Bear")
    path = f"/api/assets/{asset['id']}"
    check_error(client.get(path, headers=auth(fresh.key)))
    assert client.get("/api/assets", headers=auth(fresh.key)).json()["items"] == []
    [item] = trash(client, fresh.key)["items"]
    assert (item["id"], item["title"], item["url"]) == (asset["id"], "Bear", asset["url"])
    assert item["purge_at"] > item["trashed_at"]
    assert client.delete(path, headers=auth(fresh.key)).status_code == 404
    restored = client.post(f"{path}/restore", headers=auth(fresh.key))
    assert restored.status_code == 200
    assert restored.json().items() <= client.get(path, headers=auth(fresh.key)).json().items()
    assert restored.headers["etag"] == f'"{restored.json()["revision"]}"'
    assert trash(client, fresh.key)["items"] == []
    assert client.post(f"{path}/restore", headers=auth(fresh.key)).status_code == 404


def test_asset_that_was_changed_since_is_not_trashed(client: httpx.Client, fresh: Account) -> None:
    made = create(client, fresh.key, inline(PNG))
    path, seen = f"/api/assets/{made.json()['id']}", made.headers["etag"]
    changed = client.patch(path, json={"title": "Bear"}, headers=auth(fresh.key))
    refused = client.delete(path, headers={**auth(fresh.key), "If-Match": seen})
    check_error(refused)
    assert refused.status_code == 412
    assert client.get(path, headers=auth(fresh.key)).json()["title"] == "Bear"
    assert client.delete(path, headers={**auth(fresh.key), "If-Match": changed.headers["etag"]}).status_code == 204


def test_pages(client: httpx.Client, fresh: Account) -> None:
    ids = [trashed(client, fresh.key)["id"] for _ in range(3)]
    first = trash(client, fresh.key, limit="2")
    second = trash(client, fresh.key, limit="2", cursor=first["next_cursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_purged_asset_leaves_nothing(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    asset = trashed(client, fresh.key)
    assert client.delete(f"/api/trash/{asset['id']}", headers=auth(fresh.key)).status_code == 204
    assert client.delete(f"/api/trash/{asset['id']}", headers=auth(fresh.key)).status_code == 404
    counts = stored.count(fresh)
    assert (counts["file"], counts["asset"]) == (0, 0)


def test_live_asset_cannot_be_purged(client: httpx.Client, account: Account) -> None:
    asset = create(client, account.key, inline(PNG)).json()
    assert client.delete(f"/api/trash/{asset['id']}", headers=auth(account.key)).status_code == 404
    assert client.get(f"/api/assets/{asset['id']}", headers=auth(account.key)).status_code == 200


def test_emptying_is_replayed(client: httpx.Client, fresh: Account) -> None:
    for _ in range(2):
        trashed(client, fresh.key)
    headers = {**auth(fresh.key), "idempotency-key": "empty-1"}
    for _ in range(2):
        assert client.delete("/api/trash", headers=headers).json() == {"purged": 2, "more": False}
    assert client.delete("/api/trash", headers=auth(fresh.key)).json() == {"purged": 0, "more": False}


def test_file_answers_its_workspace_only(client: httpx.Client, account: Account, fresh: Account) -> None:
    """From the moment of the answer, also where it was in the cache."""
    url = host(client, account, PNG, "image/png")
    asset = create(client, account.key, {"type": "url", "url": url}).json()
    signed = client.post(
        "/v1/storage/files/sign", params={"url": url}, json={"expiration_seconds": 60}, headers=auth(account.key)
    ).json()
    assert client.get(url).status_code == 200
    client.delete(f"/api/assets/{asset['id']}", headers=auth(account.key))
    assert client.get(url).status_code == 404
    assert client.get(url, headers=auth(fresh.key)).status_code == 404
    assert client.get(next(iter(signed.values()))).status_code == 404
    own = client.get(url, headers=auth(account.key))
    assert (own.status_code, own.content, own.headers["cache-control"]) == (200, PNG, "private, no-store")
    assert client.get(url).status_code == 404
    client.post(f"/api/assets/{asset['id']}/restore", headers=auth(account.key)).raise_for_status()
    assert client.get(url).status_code == 200
