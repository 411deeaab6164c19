"""PyPI's `fal-client`, as published; only its two module constants point to this server."""

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
from tests.clients.registration import check_and_register, count_requests, read_lifecycle
from tests.dialects.idempotency import until
from tests.server import Serve

# The client never closes its connections; the garbage collector does, with a warning.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def _use_this_server(server: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fal_client.client, "REST_URL", server.url)
    monkeypatch.setattr(fal_client.client, "CDN_URL", server.url)
    yield
    gc.collect()


@pytest.fixture
def sync_client(key: str) -> SyncClient:
    return SyncClient(key=key)


@pytest.fixture
def async_client(key: str) -> AsyncClient:
    return AsyncClient(key=key)


PUBLIC: dict[str, Any] = {"default": "allow", "rules": []}
RULE = StorageACLRule("somebody", "forbid")
RULES = [{"user": "somebody", "decision": "forbid"}]


def count_fallbacks(server: Serve) -> int:
    """Count the uploads by the client's fallback, which it uses without a warning."""
    return count_requests(server, "/storage/upload/initiate")


def test_upload_keeps_name(sync_client: SyncClient, server: Serve, key: str) -> None:
    before = count_fallbacks(server)
    url = sync_client.upload(samples.png(), "image/png", file_name="picture.png")
    assert url.endswith("/picture.png")
    check_and_register(server.url, key, url, samples.png())
    assert count_fallbacks(server) == before


def test_upload_without_name_is_registered(sync_client: SyncClient, server: Serve, key: str) -> None:
    check_and_register(server.url, key, sync_client.upload(samples.mp3(), "audio/mpeg"), samples.mp3(), "audio")


def test_upload_of_text_is_served(sync_client: SyncClient, server: Serve) -> None:
    """fal's storage accepts any type of file."""
    url = sync_client.upload('{"steps": []}', "application/json", file_name="workflow.json")
    assert httpx.get(url).content == b'{"steps": []}'


def test_upload_file_is_registered(sync_client: SyncClient, server: Serve, key: str, video: Path) -> None:
    before = count_fallbacks(server)
    url = sync_client.upload_file(video)
    asset = check_and_register(server.url, key, url, video.read_bytes(), "video")
    assert (asset["title"], asset["width"]) == ("film", 64)
    assert count_fallbacks(server) == before


def test_upload_file_with_non_ascii_name_uses_fallback(
    sync_client: SyncClient, server: Serve, key: str, picture: Path
) -> None:
    """httpx allows only ASCII in headers, so the client's first way fails and it uses its fallback."""
    before = count_fallbacks(server)
    url = sync_client.upload_file(picture)
    assert url.endswith("/" + quote("holiday in Köln.png"))
    check_and_register(server.url, key, url, picture.read_bytes())
    until(lambda: count_fallbacks(server) == before + 1)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_upload_image_is_registered(sync_client: SyncClient, server: Serve, key: str, format: str) -> None:
    image = Image.open(io.BytesIO(samples.png()))
    out = io.BytesIO()
    image.save(out, format=format)
    url = sync_client.upload_image(image, format)
    assert check_and_register(server.url, key, url, out.getvalue())["content_type"] == f"image/{format}"


def test_fallback_repository_can_be_chosen(sync_client: SyncClient, server: Serve, key: str, video: Path) -> None:
    check_and_register(server.url, key, sync_client.upload(samples.png(), "image/png", repository="fal"), samples.png())
    url = sync_client.upload_file(video, repository="fal", fallback_repository=[])
    assert url.endswith("/film.mp4")
    check_and_register(server.url, key, url, video.read_bytes(), "video")


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
@pytest.mark.parametrize(
    ("lifecycle", "seconds", "acl"),
    [
        (StorageSettings(expires_in="30d"), 30 * 24 * 3600, PUBLIC),
        (StorageSettings(expires_in="never", initial_acl=StorageACL(rules=[RULE])), None, {**PUBLIC, "rules": RULES}),
        (StorageSettings(90, StorageACL("hide", [RULE])), 90, {"default": "hide", "rules": RULES}),
    ],
    ids=["expires", "rules", "both"],
)
def test_lifecycle_is_applied(
    sync_client: SyncClient,
    server: Serve,
    key: str,
    repository: Any,
    lifecycle: StorageSettings,
    seconds: int | None,
    acl: Any,
) -> None:
    url = sync_client.upload(
        samples.png(), "image/png", lifecycle=lifecycle, repository=repository, fallback_repository=[]
    )
    assert read_lifecycle(server, key, url) == (seconds, acl)


def test_one_token_is_used_for_many_uploads(sync_client: SyncClient, server: Serve, key: str) -> None:
    tokens = count_requests(server, "/storage/auth/token")
    uploads = count_requests(server, "/files/upload")
    urls = {sync_client.upload(samples.png(), "image/png") for _ in range(3)}
    assert len(urls) == 3
    until(lambda: count_requests(server, "/files/upload") == uploads + 3)
    assert count_requests(server, "/storage/auth/token") == tokens + 1


async def test_async_client_uploads(async_client: AsyncClient, server: Serve, key: str, video: Path) -> None:
    before = count_fallbacks(server)
    image = Image.open(io.BytesIO(samples.png()))
    out = io.BytesIO()
    image.save(out, format="png")
    sent = [
        (await async_client.upload(samples.png(), "image/png", file_name="a.png"), samples.png(), "image"),
        (await async_client.upload_file(video), video.read_bytes(), "video"),
        (await async_client.upload_image(image, "png"), out.getvalue(), "image"),
    ]
    assert count_fallbacks(server) == before
    sent.append((await async_client.upload(samples.wav(), "audio/wav", repository="fal"), samples.wav(), "audio"))
    for url, data, kind in sent:
        check_and_register(server.url, key, url, data, kind)


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_invalid_key_is_reported_as_401(server: Serve, repository: str) -> None:
    client = SyncClient(key="wrong:key")
    with pytest.raises((FalClientHTTPError, httpx.HTTPStatusError)) as caught:
        client.upload(samples.png(), "image/png", repository=repository, fallback_repository=[])
    assert caught.value.response.status_code == 401


def test_refused_file_is_reported_and_not_retried(sync_client: SyncClient, server: Serve) -> None:
    requests_before = count_requests(server, "/files/upload")
    with pytest.raises(FalClientHTTPError) as caught:
        sync_client.upload(samples.html(), "image/png", file_name="a.png", fallback_repository=[])
    assert caught.value.status_code == 415
    assert "not of any accepted file type" in str(caught.value)
    until(lambda: count_requests(server, "/files/upload") > requests_before)
    assert count_requests(server, "/files/upload") == requests_before + 1
