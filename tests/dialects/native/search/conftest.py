"""A workspace with a few assets, for all tests of a module."""

import httpx
import pytest

from tests.dialects.database.snapshot import StoredData
from tests.dialects.native.search.library import Made, fill
from tests.server import Serve


@pytest.fixture(scope="module")
def made(server: Serve, stored: StoredData, session_client: httpx.Client) -> Made:
    made = Made(stored.account(server.new_key()), session_client, stored)
    fill(made)
    made.tag("Red", "a", "b")
    made.tag("blue", "b", "c")
    return made
