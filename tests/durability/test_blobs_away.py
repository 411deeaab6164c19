"""The folder of blobs is gone for a while, as an unmounted disk: 503 in each dialect's words, then all is back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.durability.helpers import audit, endpoints
from tests.durability.helpers.endpoints import Refused
from tests.durability.helpers.error_shapes import says_unavailable
from tests.server import Serve


@contextmanager
def moved_away(folder: Path) -> Iterator[None]:
    aside = folder.with_name("elsewhere")
    folder.rename(aside)
    try:
        yield
    finally:
        aside.rename(folder)


@contextmanager
def unmounted(folder: Path) -> Iterator[None]:
    """What an absent disk leaves: its empty mount point."""
    with moved_away(folder):
        folder.mkdir()
        try:
            yield
        finally:
            folder.rmdir()


@pytest.mark.parametrize("gone", [moved_away, unmounted])
def test_without_the_folder_of_blobs(
    server: Serve, key: str, client: httpx.Client, gone: Callable[[Path], "contextmanager[None]"]
) -> None:
    known = endpoints.picture(20_000)
    kept = {name: endpoint(client, key, known) for name, endpoint in endpoints.DOORS.items()}
    before = audit.holdings(server)
    with gone(server.data / "blobs"):
        for name, endpoint in endpoints.DOORS.items():
            assert_refused(client, key, endpoint, endpoints.picture(20_000))
            assert_refused(client, key, endpoint, known)
            assert says_unavailable(client.get(kept[name].path)), name
        assert says_unavailable(client.get("/readyz"))
        assert client.get("/healthz").is_success
        asset = client.get(f"/assets/{kept['krea'].asset_id}", headers={"authorization": f"Bearer {key}"})
        assert asset.json() == kept["krea"].asset
    assert audit.holdings(server) == before
    for name, endpoint in endpoints.DOORS.items():
        endpoints.check(client, key, kept[name])
        endpoints.check(client, key, endpoint(client, key, endpoints.picture(20_000)))
    audit.expect_order(server)


def test_a_retry_under_the_same_idempotency_key_succeeds_once_the_store_is_back(
    server: Serve, key: str, client: httpx.Client
) -> None:
    data = endpoints.picture()
    with moved_away(server.data / "blobs"):
        assert says_unavailable(endpoints.post_v3(client, key, data, "again"))
    answer = endpoints.post_v3(client, key, data, "again")
    assert answer.is_success
    assert endpoints.post_v3(client, key, data, "again").content == answer.content
    assert audit.assets_of(server, endpoints.sha256(data)) == 1


def assert_refused(http: httpx.Client, key: str, endpoint: endpoints.Door, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        endpoint(http, key, data)
    assert says_unavailable(refused.value.answer), refused.value
