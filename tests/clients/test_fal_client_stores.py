"""PyPI's `fal-client`, as published, with blobs on a disk and in an S3 bucket."""

import gc
from collections.abc import Iterator
from pathlib import Path

import fal_client.client
import httpx
import pytest
from fal_client import AsyncClient, SyncClient
from fal_client.client import StorageACL, StorageSettings

from tests import samples
from tests.clients.registration import (
    check_and_register,
    count_multipart_completions,
    count_requests,
    read_lifecycle,
    serves_file,
)
from tests.dialects.idempotency import until
from tests.server import Serve

# The client never closes its connections; the garbage collector does, with a warning.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

LIFECYCLE = StorageSettings("1h", StorageACL("hide"))


@pytest.fixture(autouse=True)
def _use_this_server(store_server: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fal_client.client, "REST_URL", store_server.url)
    monkeypatch.setattr(fal_client.client, "CDN_URL", store_server.url)
    yield
    gc.collect()


@pytest.fixture
def key(store_server: Serve) -> str:
    return store_server.new_key()


def count_fallbacks(server: Serve) -> int:
    return count_requests(server, "/storage/upload/initiate")


async def test_small_files_are_uploaded_without_fallback(store_server: Serve, key: str, video: Path) -> None:
    before = count_fallbacks(store_server)
    sync_client, async_client = SyncClient(key=key), AsyncClient(key=key)
    check_and_register(
        store_server.url, key, sync_client.upload(samples.png(), "image/png", file_name="a.png"), samples.png()
    )
    check_and_register(store_server.url, key, sync_client.upload_file(video), video.read_bytes(), "video")
    check_and_register(
        store_server.url, key, await async_client.upload(samples.wav(), "audio/wav"), samples.wav(), "audio"
    )
    check_and_register(store_server.url, key, await async_client.upload_file(video), video.read_bytes(), "video")
    assert count_fallbacks(store_server) == before


def test_large_file_is_uploaded_in_parts_with_lifecycle(store_server: Serve, key: str, large: Path) -> None:
    """Ten parts are sent concurrently and listed in the order of completion; the lifecycle is sent at creation."""
    before, calls = count_multipart_completions(store_server), count_fallbacks(store_server)
    url = SyncClient(key=key).upload_file(large, lifecycle=LIFECYCLE)
    assert url.endswith("/large.bin")
    assert httpx.get(url).status_code == 404
    assert serves_file(url, large, **{"X-API-Key": key})
    assert read_lifecycle(store_server, key, url) == (3600, {"default": "hide", "rules": []})
    until(lambda: count_multipart_completions(store_server) == before + 1)
    assert count_fallbacks(store_server) == calls


async def test_async_client_uploads_large_bytes_in_parts(store_server: Serve, key: str, large: Path) -> None:
    before = count_multipart_completions(store_server)
    url = await AsyncClient(key=key).upload(large.read_bytes(), "application/octet-stream", file_name="a.bin")
    assert serves_file(url, large)
    until(lambda: count_multipart_completions(store_server) == before + 1)


def test_fallback_is_used_when_cdn_path_is_wrong(
    store_server: Serve, key: str, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client gives no warning; the lifecycle is applied all the same."""
    monkeypatch.setattr(fal_client.client, "CDN_URL", f"{store_server.url}/nowhere")
    before = count_fallbacks(store_server)
    check_and_register(store_server.url, key, SyncClient(key=key).upload_file(video), video.read_bytes(), "video")
    url = SyncClient(key=key).upload(samples.png(), "image/png", lifecycle=LIFECYCLE)
    assert read_lifecycle(store_server, key, url) == (3600, {"default": "hide", "rules": []})
    until(lambda: count_fallbacks(store_server) == before + 2)


def test_fallback_is_used_when_cdn_is_unreachable(
    store_server: Serve, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client retries ten times before, with pauses that are shortened here."""
    monkeypatch.setattr(fal_client.client, "CDN_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(fal_client.client, "BASE_DELAY", 0)
    before = count_fallbacks(store_server)
    url = SyncClient(key=key).upload(samples.png(), "image/png", file_name="a.png")
    check_and_register(store_server.url, key, url, samples.png())
    until(lambda: count_fallbacks(store_server) == before + 1)
