"""A file that is hosted here, and uploads in parts."""

import httpx
import pytest

from tests import samples
from tests.dialects.fal.parted import WAYS, Begin
from tests.dialects.fal.registering import host
from tests.dialects.stock import Account


@pytest.fixture
def url(client: httpx.Client, account: Account) -> str:
    return host(client, account, samples.png(), "image/png")


@pytest.fixture(params=WAYS)
def begin(request: pytest.FixtureRequest) -> Begin:
    """Begins an upload in parts, as each of the clients does it."""
    return WAYS[request.param]
