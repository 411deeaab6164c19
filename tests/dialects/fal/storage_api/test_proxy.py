"""/api/fal/proxy: requests whose target is in a header."""

from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import (
    GET_SETTINGS,
    INITIATE,
    INITIATE_PARTS,
    auth,
    check_platform_error,
    check_storage_error,
)
from tests.dialects.fal.registration import host
from tests.dialects.fal.storage_api.file_defaults import lifecycle
from tests.dialects.fal.storage_api.multipart_uploads import MultipartUpload, put_all_parts
from tests.dialects.idempotency import new_key
from tests.server import Serve

PROXY = "/api/fal/proxy"
REST, PLATFORM = "https://rest.fal.ai", "https://api.fal.ai"


def call(client: httpx.Client, key: str | None, target: str, method: str = "POST", **request: Any) -> httpx.Response:
    headers = {"X-Fal-Target-Url": target, **(auth(key) if key else {}), **request.pop("headers", {})}
    return client.request(method, PROXY, headers=headers, **request)


def test_proxied_upload_returns_direct_urls(client: httpx.Client, server: Serve, account: Account) -> None:
    """URLs in the answer are of this server; the client sends the bytes there directly."""
    target = f"{REST}/storage/upload/initiate?storage_type=fal-cdn-v3"
    response = call(client, account.key, target, json={"file_name": "a.png", "content_type": "image/png"})
    assert (response.status_code, list(response.json())) == (200, ["upload_url", "file_url"])
    assert response.json()["upload_url"].startswith(server.url)
    assert client.put(response.json()["upload_url"], content=samples.png()).status_code == 200
    assert client.get(response.json()["file_url"]).content == samples.png()


def test_proxied_multipart_upload_succeeds(client: httpx.Client, account: Account) -> None:
    target = f"{REST}/storage/upload/initiate-multipart?storage_type=fal-cdn-v3"
    begun = call(client, account.key, target, json={"file_name": "a.png"}).json()
    upload = MultipartUpload(client, {}, begun["upload_url"], begun["file_url"])
    assert upload.complete(put_all_parts(upload, samples.png(), 3000)).status_code == 200
    assert client.get(upload.url).content == samples.png()


@pytest.mark.parametrize(
    "cdn", ["https://v3.fal.media", "https://v3b.fal.media:443", "https://fal.media", "http://REST.FAL.AI"]
)
def test_proxied_file_upload_succeeds(client: httpx.Client, account: Account, cdn: str) -> None:
    headers = {"Content-Type": "image/png", **lifecycle(initial_acl={"default": "hide"})}
    response = call(client, account.key, f"{cdn}/files/upload", content=samples.png(), headers=headers)
    assert response.status_code == 200, response.text
    assert client.get(response.json()["access_url"]).status_code == 404
    assert client.get(response.json()["access_url"], headers=auth(account.key)).content == samples.png()


def test_proxy_forwards_method_and_query(client: httpx.Client, fresh: Account) -> None:
    settings = f"{PLATFORM}/v1/storage/settings"
    assert call(client, fresh.key, settings, "PUT", json={"expiration_duration_seconds": 60}).status_code == 200
    assert call(client, fresh.key, settings, "GET").json()["expiration_duration_seconds"] == 60
    assert GET_SETTINGS.send(client, fresh.key).json()["expiration_duration_seconds"] == 60
    url = host(client, fresh, samples.png(), "image/png")
    acl = call(client, fresh.key, f"{PLATFORM}/v1/storage/files/acl?url={url.replace('%', '%25')}", "GET")
    assert (acl.status_code, acl.json()["default"]) == (200, "allow")


def test_proxied_and_direct_requests_share_idempotency(client: httpx.Client, account: Account) -> None:
    """Proxied and direct requests are the same operation."""
    body = {"url": host(client, account, samples.png(), "image/png"), "type": "image"}
    headers = {"Idempotency-Key": new_key()}
    first = call(client, account.key, f"{PLATFORM}/v1/assets/uploads", json=body, headers=headers)
    assert first.status_code == 201
    again = client.post("/v1/assets/uploads", json=body, headers={**headers, **auth(account.key)})
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


def test_proxied_errors_are_in_target_format(client: httpx.Client, account: Account) -> None:
    """Errors have the format of the target operation."""
    for target, method, status, check_error in (
        (f"{REST}/storage/upload/initiate", "GET", 405, check_storage_error),
        (f"{REST}/storage/nothing", "POST", 404, check_storage_error),
        (f"{PLATFORM}/v1/assets/uploads", "POST", 422, check_platform_error),
    ):
        response = call(client, account.key, target, method, json={})
        assert response.status_code == status, (target, response.text)
        if check_error is check_storage_error:
            check_storage_error(response)
        else:
            check_platform_error(response, "validation_error")


@pytest.mark.parametrize("endpoint", [INITIATE, INITIATE_PARTS], ids=lambda endpoint: endpoint.name)
def test_proxied_request_requires_key(
    client: httpx.Client, account: Account, stored: StoredData, reader: Account, endpoint: Any
) -> None:
    before = stored.count(account)
    for key, status in ((None, 401), ("wrong", 401), (reader.key, 403)):
        response = call(client, key, REST + endpoint.path, json={})
        assert response.status_code == status
        check_storage_error(response)
    stored.expect_counts(account, before)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "nonsense",
        "/storage/upload/initiate",
        "//rest.fal.ai/storage/upload/initiate",
        "ftp://rest.fal.ai/storage/upload/initiate",
        "https://example.com/storage/upload/initiate",
        "https://fal.ai.example.com/storage/upload/initiate",
        "https://notfal.ai/storage/upload/initiate",
        "https://rest.fal.ai@example.com/storage/upload/initiate",
        "https://127.0.0.1/storage/upload/initiate",
        "https:///storage/upload/initiate",
        "https://[rest.fal.ai/storage/upload/initiate",
        "https://rest.fal.ai",
        "https://rest.fal.ai/",
        "https://rest.fal.ai/storage",
        "https://fal.run/fal-ai/flux",
        "https://queue.fal.run/fal-ai/flux",
        "https://rest.fal.ai/fal-ai/flux",
        "https://rest.fal.ai/assets",
        "https://rest.fal.ai/v3/assets",
        "https://rest.fal.ai/v1/asset",
        "https://rest.fal.ai/healthz",
        "https://rest.fal.ai/files/b/x/y",
        "https://rest.fal.ai/api/fal/proxy",
        "https://rest.fal.ai/storage/../api/fal/proxy",
        "https://rest.fal.ai/storage/%2e%2e/v3/assets",
        "https://rest.fal.ai//storage/upload/initiate",
        "https://rest.fal.ai/%73torage/upload/initiate",
    ],
)
def test_invalid_target_is_refused(client: httpx.Client, account: Account, stored: StoredData, target: str) -> None:
    """Neither other hosts nor other operations can be reached."""
    before = stored.count(account)
    response = call(client, account.key, target, json={})
    assert response.status_code in (404, 422), response.text
    check_storage_error(response)
    stored.expect_counts(account, before)


def test_missing_target_is_refused(client: httpx.Client, account: Account) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        response = client.request(method, PROXY, headers=auth(account.key))
        assert response.status_code == 422
        check_storage_error(response)


def test_target_header_is_ignored_elsewhere(client: httpx.Client, account: Account) -> None:
    headers = {"X-Fal-Target-Url": f"{REST}/storage/auth/token", **auth(account.key)}
    assert "upload_url" in client.post("/storage/upload/initiate", json={}, headers=headers).json()
