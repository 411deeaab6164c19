"""PyPI's `fal-client`, as published, over a disk and over an S3 bucket: in one piece, in parts, and its second way."""

import gc
from collections.abc import Iterator
from pathlib import Path

import fal_client.client
import httpx
import pytest
from fal_client import AsyncClient, SyncClient
from fal_client.client import StorageACL, StorageSettings

from tests import samples
from tests.clients.registration import in_parts, kept, registered, requests, same
from tests.dialects.idempotency import until
from tests.server import Serve

# The client does not close its connections; they are collected while that is no news.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

WISHES = StorageSettings("1h", StorageACL("hide"))


@pytest.fixture(autouse=True)
def _here(shop: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fal_client.client, "REST_URL", shop.url)
    monkeypatch.setattr(fal_client.client, "CDN_URL", shop.url)
    yield
    gc.collect()


@pytest.fixture
def key(shop: Serve) -> str:
    return shop.new_key()


def fallbacks(server: Serve) -> int:
    return requests(server, "/storage/upload/initiate")


async def test_in_one_piece(shop: Serve, key: str, film: Path) -> None:
    before = fallbacks(shop)
    sync, asynchronous = SyncClient(key=key), AsyncClient(key=key)
    registered(shop.url, key, sync.upload(samples.png(), "image/png", file_name="a.png"), samples.png())
    registered(shop.url, key, sync.upload_file(film), film.read_bytes(), "video")
    registered(shop.url, key, await asynchronous.upload(samples.wav(), "audio/wav"), samples.wav(), "audio")
    registered(shop.url, key, await asynchronous.upload_file(film), film.read_bytes(), "video")
    assert fallbacks(shop) == before


def test_a_large_file(shop: Serve, key: str, large: Path) -> None:
    """Ten parts at once, listed in the order in which they were done; wishes are sent when it begins."""
    before, calls = in_parts(shop), fallbacks(shop)
    url = SyncClient(key=key).upload_file(large, lifecycle=WISHES)
    assert url.endswith("/large.bin")
    assert httpx.get(url).status_code == 404
    assert same(url, large, **{"X-API-Key": key})
    assert kept(shop, key, url) == (3600, {"default": "hide", "rules": []})
    until(lambda: in_parts(shop) == before + 1)
    assert fallbacks(shop) == calls


async def test_large_bytes_asynchronously(shop: Serve, key: str, large: Path) -> None:
    before = in_parts(shop)
    url = await AsyncClient(key=key).upload(large.read_bytes(), "application/octet-stream", file_name="a.bin")
    assert same(url, large)
    until(lambda: in_parts(shop) == before + 1)


def test_the_second_way_when_the_first_is_broken(
    shop: Serve, key: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client says nothing of it, and its wishes are kept all the same."""
    monkeypatch.setattr(fal_client.client, "CDN_URL", f"{shop.url}/nowhere")
    before = fallbacks(shop)
    registered(shop.url, key, SyncClient(key=key).upload_file(film), film.read_bytes(), "video")
    url = SyncClient(key=key).upload(samples.png(), "image/png", lifecycle=WISHES)
    assert kept(shop, key, url) == (3600, {"default": "hide", "rules": []})
    until(lambda: fallbacks(shop) == before + 2)


def test_the_second_way_when_nobody_is_there(shop: Serve, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries ten times before, with pauses that are cut short here."""
    monkeypatch.setattr(fal_client.client, "CDN_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(fal_client.client, "BASE_DELAY", 0)
    before = fallbacks(shop)
    url = SyncClient(key=key).upload(samples.png(), "image/png", file_name="a.png")
    registered(shop.url, key, url, samples.png())
    until(lambda: fallbacks(shop) == before + 1)
