"""Fixtures: a stored file, multipart uploads, embedded photos."""

from collections.abc import Iterator

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.browse.search_fixture import EmbeddedPhotos, embedded_photos
from tests.dialects.fal.registration import host
from tests.dialects.fal.storage_api.multipart_uploads import WAYS, Begin


@pytest.fixture
def url(client: httpx.Client, account: Account) -> str:
    return host(client, account, samples.png(), "image/png")


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPhotos]:
    """Real photos, embedded by a real worker; one workspace shared by tests that change nothing."""
    with embedded_photos(tmp_path_factory.mktemp("searched") / "data") as running:
        yield running


@pytest.fixture(params=WAYS)
def begin(request: pytest.FixtureRequest) -> Begin:
    """A function that begins a multipart upload, for each client."""
    return WAYS[request.param]
