"""PUT /api/assets/{id}/content, and the versions that stay. The rules are tested in tests/library/catalog."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.idempotency import new_key
from tests.dialects.native.endpoints import auth, check_error, create, inline
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form

OLD, NEW = samples.png(seed=21), samples.jpeg(seed=22)
Json = dict[str, Any]


@pytest.fixture
def asset(client: httpx.Client, fresh: Account) -> Json:
    made: Json = create(client, fresh.key, inline(OLD), title="Bear").json()
    return made


def put(client: httpx.Client, account: Account, asset: Json, data: bytes = NEW, **more: Any) -> httpx.Response:
    headers = {**auth(account.key), **more.pop("headers", {})}
    return client.put(f"/api/assets/{asset['id']}/content", content=data, headers=headers, **more)


def versions(client: httpx.Client, account: Account, asset: Json, **query: Any) -> Json:
    response = client.get(f"/api/assets/{asset['id']}/versions", params=query, headers=auth(account.key))
    assert response.status_code == 200, response.text
    page: Json = response.json()
    return page


def test_raw_body_replaces_content(client: httpx.Client, fresh: Account, asset: Json) -> None:
    response = put(client, fresh, asset, params={"name": "wolf.jpg"})
    assert response.status_code == 200, response.text
    after = response.json()
    assert response.headers["etag"] == f'"{after["revision"]}"'
    assert {name for name in after if after[name] != asset[name]} == {
        "name",
        "url",
        "mime_type",
        "size",
        "sha256",
        "crc32",
        "revision",
        "version",
        "updated_at",
    }
    assert (after["version"], after["name"], after["mime_type"]) == (2, "wolf.jpg", "image/jpeg")
    assert client.get(after["url"]).content == NEW
    assert client.get(asset["url"]).content == OLD
    assert client.get(f"/assets/{asset['id']}", headers=auth(fresh.key)).json()["image_url"] == after["url"]


def test_form_replaces_content(client: httpx.Client, fresh: Account, asset: Json) -> None:
    body = form(file_part(NEW, filename="a.jpg", declared="image/jpeg"))
    response = put(client, fresh, asset, body, headers={"content-type": CONTENT_TYPE})
    assert response.json()["sha256"] == hashlib.sha256(NEW).hexdigest()
    without = put(client, fresh, asset, form(), headers={"content-type": CONTENT_TYPE})
    assert without.status_code == 422


def test_source_replaces_content(client: httpx.Client, fresh: Account, asset: Json) -> None:
    other = create(client, fresh.key, inline(NEW, "image/jpeg")).json()
    path = f"/api/assets/{asset['id']}/versions"
    for number, source in enumerate(
        ({"type": "asset_id", "asset_id": other["id"]}, {"type": "url", "url": asset["url"]})
    ):
        response = client.post(path, json={"source": source}, headers=auth(fresh.key))
        assert (response.status_code, response.json()["version"]) == (200, number + 2)
    assert response.json()["sha256"] == asset["sha256"]


def test_versions_are_listed_restored_and_deleted(client: httpx.Client, fresh: Account, asset: Json) -> None:
    after = put(client, fresh, asset).json()
    current, older = versions(client, fresh, asset)["items"]
    assert (current["version"], current["is_current"], current["url"]) == (2, True, after["url"])
    assert (older["version"], older["is_current"], older["url"]) == (1, False, asset["url"])
    assert (older["sha256"], older["mime_type"], older["width"]) == (asset["sha256"], "image/png", 64)
    path = f"/api/assets/{asset['id']}/versions"
    restored = client.post(f"{path}/1/restore", headers=auth(fresh.key))
    assert (restored.status_code, restored.json()["version"], restored.json()["sha256"]) == (200, 3, asset["sha256"])
    assert client.get(restored.json()["url"]).content == OLD
    assert client.delete(f"{path}/1", headers=auth(fresh.key)).status_code == 204
    assert client.get(asset["url"]).status_code == 404
    assert client.delete(f"{path}/1", headers=auth(fresh.key)).status_code == 404
    assert client.delete(f"{path}/3", headers=auth(fresh.key)).status_code == 409
    assert [item["version"] for item in versions(client, fresh, asset)["items"]] == [3, 2]


def test_pages(client: httpx.Client, fresh: Account, asset: Json) -> None:
    for seed in range(3):
        put(client, fresh, asset, samples.png(seed=30 + seed))
    page = versions(client, fresh, asset, limit=3)
    assert [item["version"] for item in page["items"]] == [4, 3, 2]
    rest = versions(client, fresh, asset, limit=3, cursor=page["next_cursor"])
    assert ([item["version"] for item in rest["items"]], rest["next_cursor"]) == ([1], None)
    invalid = client.get(f"/api/assets/{asset['id']}/versions?cursor=%21", headers=auth(fresh.key))
    assert invalid.status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "7", "99999999999999999999", "x", "1.5"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_unknown_versions_are_not_found(
    client: httpx.Client, fresh: Account, asset: Json, method: str, number: str
) -> None:
    path = f"/api/assets/{asset['id']}/versions/{number}" + ("/restore" if method == "POST" else "")
    response = client.request(method, path, headers=auth(fresh.key))
    assert response.status_code == 404, response.text
    assert response.json()["detail"] == "Version not found."


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (samples.pdf(), 422), (samples.png()[:200], 422), (b"no image", 415)],
    ids=["empty", "document", "damaged", "text"],
)
def test_refused_content_leaves_the_asset_as_it_was(
    client: httpx.Client, fresh: Account, stored: StoredData, asset: Json, data: bytes, status: int
) -> None:
    before = stored.count(fresh)
    response = put(client, fresh, asset, data)
    assert response.status_code == status, response.text
    check_error(response)
    assert client.get(f"/api/assets/{asset['id']}", headers=auth(fresh.key)).json().items() >= asset.items()
    stored.expect_counts(fresh, before)


def test_if_match_guards_the_content(client: httpx.Client, fresh: Account, asset: Json) -> None:
    etag = f'"{asset["revision"]}"'
    assert put(client, fresh, asset, headers={"if-match": etag}).status_code == 200
    stale = put(client, fresh, asset, OLD, headers={"if-match": etag})
    assert stale.status_code == 412
    check_error(stale)
    path = f"/api/assets/{asset['id']}/versions"
    assert client.post(f"{path}/1/restore", headers={**auth(fresh.key), "if-match": etag}).status_code == 412
    source = {"source": inline(OLD)}
    assert client.post(path, json=source, headers={**auth(fresh.key), "if-match": etag}).status_code == 412
    assert len(versions(client, fresh, asset)["items"]) == 2


def test_repeated_requests_make_one_version(client: httpx.Client, fresh: Account, asset: Json) -> None:
    key = {"idempotency-key": new_key()}
    first = put(client, fresh, asset, headers=key)
    put(client, fresh, asset, samples.png(seed=40))
    again = put(client, fresh, asset, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert put(client, fresh, asset, samples.png(seed=41), headers=key).status_code == 422
    restore = f"/api/assets/{asset['id']}/versions/1/restore"
    keyed = {**auth(fresh.key), "idempotency-key": new_key()}
    restored = [client.post(restore, headers=keyed).json() for _ in range(2)]
    assert restored[0] == restored[1]
    deleted = f"/api/assets/{asset['id']}/versions/2"
    assert [client.delete(deleted, headers=keyed).status_code for _ in range(2)] == [204, 204]
    assert [item["version"] for item in versions(client, fresh, asset)["items"]] == [4, 3, 1]


def test_concurrent_replacements_all_stay(client: httpx.Client, fresh: Account, asset: Json) -> None:
    contents = [samples.png(seed=50 + n) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda data: put(client, fresh, asset, data), contents))
    assert [reply.status_code for reply in replies] == [200] * 6
    items = versions(client, fresh, asset)["items"]
    assert [item["version"] for item in items] == [7, 6, 5, 4, 3, 2, 1]
    assert {client.get(item["url"]).content for item in items} == {OLD, *contents}


def test_versions_are_hidden_with_the_asset(
    client: httpx.Client, fresh: Account, account: Account, asset: Json
) -> None:
    after = put(client, fresh, asset).json()
    acl = {"params": {"url": after["url"]}, "json": {"default": "hide"}}
    assert client.put("/v1/storage/files/acl", headers=auth(fresh.key), **acl).status_code == 200
    for url in (asset["url"], after["url"]):
        assert client.get(url).status_code == 404
        assert client.get(url, headers=auth(account.key)).status_code == 404
        assert client.get(url, headers=auth(fresh.key)).status_code == 200


def test_vendors_delete_ends_all_urls(client: httpx.Client, fresh: Account, stored: StoredData, asset: Json) -> None:
    after = put(client, fresh, asset).json()
    assert client.get(asset["url"]).status_code == 200
    assert client.delete(f"/assets/{asset['id']}", headers=auth(fresh.key)).status_code == 200
    assert [client.get(url).status_code for url in (asset["url"], after["url"])] == [404, 404]
    counts = stored.count(fresh)
    assert (counts["file"], counts["asset"]) == (0, 0)


def test_trash_hides_and_restores_all_urls(client: httpx.Client, fresh: Account, asset: Json) -> None:
    after = put(client, fresh, asset).json()
    urls = (asset["url"], after["url"])
    assert [client.get(url).status_code for url in urls] == [200, 200]
    path = f"/api/assets/{asset['id']}"
    assert client.delete(path, headers=auth(fresh.key)).status_code == 204
    assert [client.get(url).status_code for url in urls] == [404, 404]
    assert client.get(f"{path}/versions", headers=auth(fresh.key)).status_code == 404
    assert put(client, fresh, asset, OLD).status_code == 404
    assert client.post(f"{path}/restore", headers=auth(fresh.key)).status_code == 200
    assert len(versions(client, fresh, asset)["items"]) == 2
    assert client.delete(path, headers=auth(fresh.key)).status_code == 204
    assert client.delete(f"/api/trash/{asset['id']}", headers=auth(fresh.key)).status_code == 204
    assert [client.get(url, headers=auth(fresh.key)).status_code for url in urls] == [404, 404]
