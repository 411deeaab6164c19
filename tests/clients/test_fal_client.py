"""PyPI's `fal-client`, as published; only its two module constants say where fal is."""

import gc
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fal_client.client
import httpx
import pytest
from fal_client import AsyncClient, SyncClient
from fal_client.client import FalClientHTTPError, StorageACL, StorageACLRule, StorageSettings
from PIL import Image

from tests import samples
from tests.clients.registration import kept, registered, requests
from tests.dialects.idempotency import until
from tests.server import Serve

# The client does not close its connections; they are collected while that is no news.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def _here(server: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fal_client.client, "REST_URL", server.url)
    monkeypatch.setattr(fal_client.client, "CDN_URL", server.url)
    yield
    gc.collect()


@pytest.fixture
def sync(key: str) -> SyncClient:
    return SyncClient(key=key)


@pytest.fixture
def asynchronous(key: str) -> AsyncClient:
    return AsyncClient(key=key)


PUBLIC: dict[str, Any] = {"default": "allow", "rules": []}
RULE = StorageACLRule("somebody", "forbid")
RULES = [{"user": "somebody", "decision": "forbid"}]


def fallbacks(server: Serve) -> int:
    """How often the client took its second way, which it does in silence."""
    return requests(server, "/storage/upload/initiate")


def test_upload(sync: SyncClient, server: Serve, key: str) -> None:
    before = fallbacks(server)
    url = sync.upload(samples.png(), "image/png", file_name="picture.png")
    assert url.endswith("/picture.png")
    registered(server.url, key, url, samples.png())
    assert fallbacks(server) == before


def test_upload_without_a_name(sync: SyncClient, server: Serve, key: str) -> None:
    registered(server.url, key, sync.upload(samples.mp3(), "audio/mpeg"), samples.mp3(), "audio")


def test_upload_of_text(sync: SyncClient, server: Serve) -> None:
    """fal's storage takes any file; this one is a workflow, say."""
    url = sync.upload('{"steps": []}', "application/json", file_name="workflow.json")
    assert httpx.get(url).content == b'{"steps": []}'


def test_upload_file(sync: SyncClient, server: Serve, key: str, film: Path) -> None:
    before = fallbacks(server)
    url = sync.upload_file(film)
    asset = registered(server.url, key, url, film.read_bytes(), "video")
    assert (asset["title"], asset["width"]) == ("film", 64)
    assert fallbacks(server) == before


def test_upload_file_with_a_name_that_no_header_can_hold(
    sync: SyncClient, server: Serve, key: str, picture: Path
) -> None:
    """The client fails on its own first way (httpx wants ASCII in headers) and takes the second."""
    before = fallbacks(server)
    url = sync.upload_file(picture)
    assert url.endswith("/" + quote("holiday in Köln.png"))
    registered(server.url, key, url, picture.read_bytes())
    until(lambda: fallbacks(server) == before + 1)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_upload_image(sync: SyncClient, server: Serve, key: str, format: str) -> None:
    image = Image.open(io.BytesIO(samples.png()))
    out = io.BytesIO()
    image.save(out, format=format)
    url = sync.upload_image(image, format)
    assert registered(server.url, key, url, out.getvalue())["content_type"] == f"image/{format}"


def test_the_second_way_by_choice(sync: SyncClient, server: Serve, key: str, film: Path) -> None:
    registered(server.url, key, sync.upload(samples.png(), "image/png", repository="fal"), samples.png())
    url = sync.upload_file(film, repository="fal", fallback_repository=[])
    assert url.endswith("/film.mp4")
    registered(server.url, key, url, film.read_bytes(), "video")


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
@pytest.mark.parametrize(
    ("wishes", "seconds", "acl"),
    [
        (StorageSettings(expires_in="30d"), 30 * 24 * 3600, PUBLIC),
        (StorageSettings(expires_in="never", initial_acl=StorageACL(rules=[RULE])), None, {**PUBLIC, "rules": RULES}),
        (StorageSettings(90, StorageACL("hide", [RULE])), 90, {"default": "hide", "rules": RULES}),
    ],
    ids=["expires", "rules", "both"],
)
def test_wishes_about_a_files_life(
    sync: SyncClient, server: Serve, key: str, repository: Any, wishes: StorageSettings, seconds: int | None, acl: Any
) -> None:
    url = sync.upload(samples.png(), "image/png", lifecycle=wishes, repository=repository, fallback_repository=[])
    assert kept(server, key, url) == (seconds, acl)


def test_one_token_serves_many_uploads(sync: SyncClient, server: Serve, key: str) -> None:
    tokens = requests(server, "/storage/auth/token")
    uploads = requests(server, "/files/upload")
    urls = {sync.upload(samples.png(), "image/png") for _ in range(3)}
    assert len(urls) == 3
    until(lambda: requests(server, "/files/upload") == uploads + 3)
    assert requests(server, "/storage/auth/token") == tokens + 1


async def test_asynchronously(asynchronous: AsyncClient, server: Serve, key: str, film: Path) -> None:
    before = fallbacks(server)
    image = Image.open(io.BytesIO(samples.png()))
    out = io.BytesIO()
    image.save(out, format="png")
    sent = [
        (await asynchronous.upload(samples.png(), "image/png", file_name="a.png"), samples.png(), "image"),
        (await asynchronous.upload_file(film), film.read_bytes(), "video"),
        (await asynchronous.upload_image(image, "png"), out.getvalue(), "image"),
    ]
    assert fallbacks(server) == before
    sent.append((await asynchronous.upload(samples.wav(), "audio/wav", repository="fal"), samples.wav(), "audio"))
    for url, data, kind in sent:
        registered(server.url, key, url, data, kind)


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_a_wrong_key_is_understood(server: Serve, repository: str) -> None:
    client = SyncClient(key="wrong:key")
    with pytest.raises((FalClientHTTPError, httpx.HTTPStatusError)) as caught:
        client.upload(samples.png(), "image/png", repository=repository, fallback_repository=[])
    assert caught.value.response.status_code == 401


def test_a_refused_file_is_understood_and_not_repeated(sync: SyncClient, server: Serve) -> None:
    asked = requests(server, "/files/upload")
    with pytest.raises(FalClientHTTPError) as caught:
        sync.upload(samples.html(), "image/png", file_name="a.png", fallback_repository=[])
    assert caught.value.status_code == 415
    assert "not of any accepted file type" in str(caught.value)
    until(lambda: requests(server, "/files/upload") > asked)
    assert requests(server, "/files/upload") == asked + 1
