"""The lifecycle headers of uploads: ACL and expiry of the file."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediatheque.blobs import Disk
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.records.database import Database, DatabaseConfig
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import (
    BEGIN,
    INITIATE,
    INITIATE_PARTS,
    PUT_SETTINGS,
    UPLOAD,
    auth,
    check_storage_error,
)
from tests.dialects.fal.registration import host, register
from tests.dialects.fal.storage_api.file_defaults import UPLOADS, acl_of, lifecycle, lifetime, preference
from tests.server import Serve

ACL = {"default": "hide", "rules": [{"user": "somebody", "decision": "allow"}]}
HEADER = "X-Fal-Object-Lifecycle"


@pytest.mark.parametrize("header", [lifecycle, preference])
@pytest.mark.parametrize("endpoint", UPLOADS)
def test_each_header_sets_expiry_and_acl(
    client: httpx.Client, account: Account, stored: StoredData, endpoint: str, header: Callable[..., Mapping[str, str]]
) -> None:
    url = UPLOADS[endpoint](client, account, header(expiration_duration_seconds=60, initial_acl=ACL))
    assert lifetime(stored, url) == timedelta(seconds=60)
    assert acl_of(client, account, url) == ACL
    assert client.get(url).status_code == 404
    assert client.get(url, headers=auth(account.key)).content == samples.png()


def test_first_of_both_headers_wins(client: httpx.Client, account: Account, stored: StoredData) -> None:
    """fal's Python client sends the same value in both."""
    both = {**preference(expiration_duration_seconds=60), **lifecycle(expiration_duration_seconds=120)}
    assert lifetime(stored, UPLOADS["upload"](client, account, both)) == timedelta(seconds=120)


@pytest.mark.parametrize("wishes", [{}, {"expiration_duration_seconds": None}, {"initial_acl": None}, {"later": 1}])
def test_empty_lifecycle_means_no_expiry(
    client: httpx.Client, account: Account, stored: StoredData, wishes: dict[str, Any]
) -> None:
    url = UPLOADS["upload"](client, account, lifecycle(**wishes))
    assert lifetime(stored, url) is None
    assert client.get(url).headers["cache-control"].endswith("immutable")


def test_partial_acl_is_completed_by_settings(client: httpx.Client, fresh: Account) -> None:
    """Clients omit what their user omits; the settings supply it."""
    rules = [{"user": "somebody", "decision": "forbid"}]
    url = UPLOADS["upload"](client, fresh, lifecycle(initial_acl={"rules": rules}))
    assert acl_of(client, fresh, url) == {"default": "allow", "rules": rules}
    PUT_SETTINGS.send(client, fresh.key, json={"initial_acl": {"default": "hide", "rules": [*rules, *rules]}})
    url = UPLOADS["upload"](client, fresh, lifecycle(initial_acl={"rules": rules}))
    assert acl_of(client, fresh, url) == {"default": "hide", "rules": rules}
    url = UPLOADS["upload"](client, fresh, lifecycle(initial_acl={}))
    assert acl_of(client, fresh, url) == {"default": "hide", "rules": []}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "{",
        "[]",
        "null",
        "60",
        '{"expiration_duration_seconds": 0}',
        '{"expiration_duration_seconds": -60}',
        '{"expiration_duration_seconds": 1.5}',
        '{"expiration_duration_seconds": "60"}',
        '{"expiration_duration_seconds": 99999999999999999999}',
        '{"initial_acl": {"default": "allow", "rules": null}}',
        '{"initial_acl": {"default": "never"}}',
        '{"initial_acl": {"default": "allow", "rules": [{"user": "a"}]}}',
        '{"initial_acl": {"default": "allow", "rules": [{"user": "a\\u0000", "decision": "hide"}]}}',
        '{"initial_acl": ' + '{"a":' * 3000,
        "\xff",
    ],
    ids=lambda text: repr(text[:56]),
)
def test_invalid_lifecycle_is_refused(client: httpx.Client, account: Account, stored: StoredData, text: str) -> None:
    """Nothing is stored: the file would otherwise never expire, against the client's will."""
    before = stored.count(account)
    for endpoint, request in (
        (UPLOAD, {"content": samples.png()}),
        (INITIATE, {"json": {}}),
        (INITIATE_PARTS, {"json": {}}),
        (BEGIN, {}),
    ):
        for name in (HEADER, f"{HEADER}-Preference"):
            headers: Any = {name: text.encode("latin-1")}
            response = endpoint.send(client, account.key, headers=headers, **request)
            assert response.status_code == 422, (endpoint.name, response.text)
            check_storage_error(response)
    stored.expect_counts(account, before)


def _end(stored: StoredData, url: str) -> datetime:
    row = stored.database.execute("SELECT expires_at FROM file WHERE id = %s", [url.split("/")[-2]]).fetchone()
    assert row
    end: datetime = row[0]
    return end


def test_file_is_served_until_it_expires(client: httpx.Client, account: Account, stored: StoredData) -> None:
    """Requested continuously, so that it is in the cache. Server and test share a clock."""
    url = UPLOADS["upload"](client, account, lifecycle(expiration_duration_seconds=1))
    end, seen = _end(stored, url), set()
    while (asked := datetime.now(UTC)) < end + timedelta(seconds=0.1):
        response = client.get(url)
        if datetime.now(UTC) < end:
            assert response.status_code == 200
            assert response.headers["cache-control"] == "public, max-age=0"
        if asked >= end:
            assert response.status_code == 404
        seen.add(response.status_code)
    assert seen == {200, 404}


def test_cache_control_ends_with_expiry(client: httpx.Client, account: Account) -> None:
    url = UPLOADS["upload"](client, account, lifecycle(expiration_duration_seconds=3600))
    scope, age = client.get(url).headers["cache-control"].split("=")
    assert scope == "public, max-age"
    assert 3000 < int(age) < 3600


def test_expired_file_is_gone_before_collection(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Garbage collection has not run: the file, its asset and registration of its URL."""
    url = UPLOADS["promise"](client, fresh, lifecycle(expiration_duration_seconds=3600))
    asset = register(client, fresh, url).json()["asset"]
    headers = auth(fresh.key)
    paths = [f"/assets/{asset['vector_id']}", f"/v3/assets/{asset['vector_id'].replace('-', '')}"]
    assert [client.get(path, headers=headers).status_code for path in (url, *paths)] == [200, 200, 200]
    assert len(client.get("/assets", headers=headers).json()["items"]) == 1
    stored.database.execute("UPDATE file SET expires_at = now() WHERE workspace_id = %s", [fresh.workspace_id])
    assert [client.get(path, headers=headers).status_code for path in paths] == [404, 404]
    assert client.get("/assets", headers=headers).json()["items"] == []
    assert client.get("/v3/assets", headers=headers).json()["data"] == []
    assert client.get("/v1/asset/list", headers=headers).json()["data"]["assets"] == []
    assert register(client, fresh, url).status_code == 404


def test_repeated_put_to_expired_file_is_not_found(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """A client that lost the response may repeat the PUT after the file has expired."""
    promise = INITIATE.send(client, fresh.key, json={}).json()
    client.put(promise["upload_url"], content=samples.png())
    stored.database.execute("UPDATE file SET expires_at = now() WHERE workspace_id = %s", [fresh.workspace_id])
    again = client.put(promise["upload_url"], content=samples.png())
    assert again.status_code == 404
    check_storage_error(again)


def test_expiry_does_not_affect_equal_content(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Another file with the same content stays."""
    ends = UPLOADS["upload"](client, fresh, lifecycle(expiration_duration_seconds=3600))
    stays = host(client, fresh, samples.png(), "image/png")
    stored.database.execute("UPDATE file SET expires_at = now() WHERE id = %s", [ends.split("/")[-2]])
    assert client.get(ends).status_code == 404
    assert client.get(stays).content == samples.png()


async def test_collection_deletes_expired_file(
    client: httpx.Client, server: Serve, fresh: Account, stored: StoredData
) -> None:
    """Row, asset, blob and bytes are deleted; other files keep theirs."""
    ending = lifecycle(expiration_duration_seconds=3600)
    doomed = host(client, fresh, samples.png(seed=41), "image/png", **ending)
    register(client, fresh, doomed)
    stays = UPLOADS["upload"](client, fresh)
    UPLOADS["promise"](client, fresh, ending)
    bytes_of = [_path(server, stored, url) for url in (doomed, stays)]
    assert [path.exists() for path in bytes_of] == [True, True]
    query = "UPDATE file SET expires_at = now() WHERE workspace_id = %s AND expires_at IS NOT NULL"
    stored.database.execute(query, [fresh.workspace_id])
    async with Database(DatabaseConfig(url=server.database_url, pool_min=2, pool_max=2)) as database:
        collector = GarbageCollector(database, Disk(server.data / "blobs"))
        swept = await collector.run()
        query = "UPDATE blob SET unreferenced_since = unreferenced_since - interval '2 days' WHERE workspace_id = %s"
        stored.database.execute(query, [fresh.workspace_id])  # without a grace, storage keys of the server would end
        await collector.run()
    assert swept.files >= 2
    assert [path.exists() for path in bytes_of] == [False, True]
    counts = stored.count(fresh)
    assert (counts["file"], counts["asset"], counts["blob"]) == (1, 0, 1)
    assert client.get(stays).content == samples.png()


def _path(server: Serve, stored: StoredData, url: str) -> Path:
    query = "SELECT b.storage_key FROM file f JOIN blob b ON b.id = f.blob_id WHERE f.id = %s"
    row = stored.database.execute(query, [url.split("/")[-2]]).fetchone()
    assert row
    return server.data / "blobs" / row[0][:2] / str(row[0])
