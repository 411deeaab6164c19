"""Fixtures: the photo's URL and ETag."""

import httpx
import pytest

from tests.dialects.database.snapshot import Account
from tests.dialects.native.hosting import DATA, host


@pytest.fixture(scope="module")
def url(session_client: httpx.Client, account: Account) -> str:
    return host(session_client, account, DATA)


@pytest.fixture(scope="module")
def etag(session_client: httpx.Client, url: str) -> str:
    return session_client.head(url).headers["etag"]
