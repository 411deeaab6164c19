"""While the blob folder is missing, each dialect responds with its 503; afterwards everything works again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.durability.helpers import audit, endpoints
from tests.durability.helpers.endpoints import NotAcknowledged
from tests.durability.helpers.error_shapes import is_unavailable
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
    """Leave an empty folder, as an unmounted disk does."""
    with moved_away(folder):
        folder.mkdir()
        try:
            yield
        finally:
            folder.rmdir()


@pytest.mark.parametrize("make_unavailable", [moved_away, unmounted])
def test_missing_blob_folder_gets_503_until_it_is_back(
    server: Serve, key: str, client: httpx.Client, make_unavailable: Callable[[Path], "contextmanager[None]"]
) -> None:
    known = endpoints.new_jpeg(20_000)
    stored = {name: endpoint(client, key, known) for name, endpoint in endpoints.ENDPOINTS.items()}
    before = audit.count_stored(server)
    with make_unavailable(server.data / "blobs"):
        for name, endpoint in endpoints.ENDPOINTS.items():
            assert_unavailable(client, key, endpoint, endpoints.new_jpeg(20_000))
            assert_unavailable(client, key, endpoint, known)
            assert is_unavailable(client.get(stored[name].path)), name
        assert is_unavailable(client.get("/readyz"))
        assert client.get("/healthz").is_success
        asset = client.get(f"/assets/{stored['krea'].asset_id}", headers={"authorization": f"Bearer {key}"})
        assert asset.json() == stored["krea"].asset
    assert audit.count_stored(server) == before
    for name, endpoint in endpoints.ENDPOINTS.items():
        endpoints.check(client, key, stored[name])
        endpoints.check(client, key, endpoint(client, key, endpoints.new_jpeg(20_000)))
    audit.assert_verify_finds_nothing(server)


def test_retry_with_same_idempotency_key_succeeds_after_outage(server: Serve, key: str, client: httpx.Client) -> None:
    data = endpoints.new_jpeg()
    with moved_away(server.data / "blobs"):
        assert is_unavailable(endpoints.post_v3(client, key, data, "again"))
    response = endpoints.post_v3(client, key, data, "again")
    assert response.is_success
    assert endpoints.post_v3(client, key, data, "again").content == response.content
    assert audit.assets_of(server, endpoints.sha256(data)) == 1


def assert_unavailable(http: httpx.Client, key: str, endpoint: endpoints.UploadTo, data: bytes) -> None:
    with pytest.raises(NotAcknowledged) as refused:
        endpoint(http, key, data)
    assert is_unavailable(refused.value.response), refused.value
