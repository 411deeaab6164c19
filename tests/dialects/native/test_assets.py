"""/api/assets: create from each kind of source, read, list, delete."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Keyed, TakesJson
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native import endpoints
from tests.dialects.native.endpoints import auth, check_error, create, inline
from tests.dialects.native.hosting import host
from tests.server import Serve

PNG = samples.png(seed=7)
GOLDEN: dict[str, Any] = {
    "kind": "image",
    "title": "Bear",
    "caption": "a bear",
    "name": "file.png",
    "mime_type": "image/png",
    "size": len(PNG),
    "width": 64,
    "height": 48,
    "duration": None,
    "source": "upload",
    "request_id": None,
    "endpoint": None,
    "is_favorite": True,
    "folder_id": None,
    "collection_ids": [],
    "tags": [],
    "metadata": {},
    "external_id": None,
    "version": 1,
    "updated_at": None,
    "expires_at": None,
}
VARIES = {"id", "url", "sha256", "crc32", "revision", "created_at"}
SAYS_NOTHING = {"embedded": {}, "generation": None}


class TestCreate(Keyed, TakesJson):
    every_value = True
    endpoint = endpoints.CREATE

    def test_oversized_json_is_refused(self) -> None:
        self.refused(self.json(b'{"a": "' + b"x" * 20_000_000 + b'"}'), "Malformed")


class TestList(Keyed):
    endpoint = endpoints.LIST


class TestGet(Keyed):
    endpoint = endpoints.GET


def test_created_asset_is_complete(client: httpx.Client, server: Serve, account: Account) -> None:
    response = create(client, account.key, inline(PNG), title="Bear", caption="a bear", favorite=True)
    assert response.status_code == 201, response.text
    asset = response.json()
    assert {name: value for name, value in asset.items() if name not in VARIES} == GOLDEN
    assert str(UUID(asset["id"])) == asset["id"]
    assert asset["url"].startswith(f"{server.url}/files/b/")
    assert client.get(asset["url"]).content == PNG
    assert client.get(f"/api/assets/{asset['id']}", headers=auth(account.key)).json() == asset | SAYS_NOTHING


def test_own_url_is_the_same_asset_each_time(client: httpx.Client, account: Account) -> None:
    url = host(client, account, PNG, "image/png")
    first, second = (create(client, account.key, {"type": "url", "url": url}).json() for _ in range(2))
    assert first == second
    assert first["url"] == url


def test_asset_source_copies_content(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    first = create(client, fresh.key, inline(PNG)).json()
    second = create(client, fresh.key, {"type": "asset_id", "asset_id": first["id"]}, title="again").json()
    assert (second["sha256"], second["title"]) == (first["sha256"], "again")
    assert second["id"] != first["id"]
    counts = stored.count(fresh)
    assert (counts["blob"], counts["file"], counts["asset"]) == (1, 2, 2)
    assert client.delete(f"/api/assets/{first['id']}", headers=auth(fresh.key)).status_code == 204
    assert client.get(second["url"]).content == PNG


def test_copy_keeps_acl(client: httpx.Client, account: Account) -> None:
    first = create(client, account.key, inline(PNG)).json()
    client.put(
        "/v1/storage/files/acl", params={"url": first["url"]}, json={"default": "hide"}, headers=auth(account.key)
    )
    second = create(client, account.key, {"type": "asset_id", "asset_id": first["id"]}).json()
    assert client.get(second["url"]).status_code == 404
    assert client.get(second["url"], headers=auth(account.key)).content == PNG


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "no base64!"}, 422),
        ({"type": "base64", "media_type": "image/png", "data": ""}, 422),
        ({"type": "base64", "media_type": "image/png"}, 422),
        ({"type": "base64", "media_type": "text/plain", "data": "aGVsbG8="}, 415),
        ({"type": "url", "url": "https://example.com/a.png"}, 422),
        ({"type": "url", "url": "file:///etc/passwd"}, 422),
        ({"type": "asset_id", "asset_id": "nonsense"}, 404),
        ({"type": "asset_id", "asset_id": "0" * 32}, 404),
        ({"type": "wish", "wish": "a bear"}, 422),
        ({}, 422),
    ],
    ids=lambda value: str(value)[:50],
)
def test_invalid_source_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, source: dict[str, str], status: int
) -> None:
    before = stored.count(account)
    response = create(client, account.key, source)
    assert response.status_code == status, response.text
    check_error(response)
    if source.get("asset_id") != "0" * 32:  # whoever finds no asset does not know where its id was
        assert response.json()["param"].startswith("source")
    stored.expect_counts(account, before)


def test_oversized_inline_content_is_refused(client: httpx.Client, account: Account, stored: StoredData) -> None:
    before = stored.count(account)
    response = create(client, account.key, inline(samples.png() + bytes(10 * 1024 * 1024)))
    assert response.status_code == 413
    stored.expect_counts(account, before)


def test_foreign_and_unknown_sources_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    id = create(client, account.key, inline(PNG)).json()["id"]
    theirs = create(client, fresh.key, {"type": "asset_id", "asset_id": id})
    none = create(client, fresh.key, {"type": "asset_id", "asset_id": str(uuid4())})
    assert (theirs.status_code, theirs.json()["detail"]) == (none.status_code, none.json()["detail"])
    assert theirs.status_code == 404


def test_idempotency_key_makes_one_asset(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    def send(caption: str) -> httpx.Response:
        body = {"source": inline(PNG), "caption": caption}
        return client.post("/api/assets", json=body, headers={**auth(fresh.key), "Idempotency-Key": "once"})

    first, second = send("a"), send("a")
    assert (first.content, second.headers["idempotent-replayed"]) == (second.content, "true")
    assert stored.count(fresh)["asset"] == 1
    assert send("b").status_code == 422


def test_pages_cover_all_assets_once(client: httpx.Client, fresh: Account) -> None:
    made = [create(client, fresh.key, inline(samples.png(seed=n)), title=str(n)).json() for n in range(5)]
    made.append(create(client, fresh.key, inline(samples.wav(), "audio/wav")).json())
    seen, cursor = [], None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/assets", params=query, headers=auth(fresh.key)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    sounds = client.get("/api/assets", params={"kind": "audio"}, headers=auth(fresh.key)).json()
    assert sounds == {"items": made[-1:], "next_cursor": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=x", "kind=wish", "kind=%00"])
def test_invalid_query_is_refused(client: httpx.Client, account: Account, query: str) -> None:
    response = client.get(f"/api/assets?{query}", headers=auth(account.key))
    assert response.status_code == 422
    check_error(response)


def test_delete_removes_own_asset_and_file(client: httpx.Client, account: Account, fresh: Account) -> None:
    asset = create(client, account.key, inline(PNG)).json()
    path = f"/api/assets/{asset['id']}"
    assert client.delete(path, headers=auth(fresh.key)).status_code == 404
    assert client.get(asset["url"]).status_code == 200
    assert client.delete(path, headers=auth(account.key)).status_code == 204
    assert [client.request(method, path, headers=auth(account.key)).status_code for method in ("GET", "DELETE")] == [
        404,
        404,
    ]
    assert client.get(urlsplit(asset["url"]).path).status_code == 404


def test_damaged_asset_says_so(client: httpx.Client, stored: StoredData, account: Account) -> None:
    made = create(client, account.key, inline(samples.png(seed=16))).json()
    assert "state" not in made
    stored.database.execute(
        "UPDATE blob SET state = 'damaged', state_reason = 'why' WHERE sha256 = %s", [bytes.fromhex(made["sha256"])]
    )
    headers = {"authorization": f"Bearer {account.key}"}
    one = client.get(f"/api/assets/{made['id']}", headers=headers).json()
    state = {"state": "damaged", "state_reason": "why", "revision": one["revision"]}
    assert one == made | state | SAYS_NOTHING
    assert one["revision"] != made["revision"]
    assert made | state in client.get("/api/assets", headers=headers).json()["items"]
