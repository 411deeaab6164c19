"""The server under test and its clients. These fixtures replace those of the same name in tests/conftest.py."""

from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.target import Target, target


@pytest.fixture(scope="session", name="target")
def target_server() -> Iterator[Target]:
    with target() as found:
        yield found


@pytest.fixture
def key(target: Target) -> str:
    return target.key


@pytest.fixture
def other_key(target: Target) -> str:
    if target.other_key is None:
        pytest.skip("needs MEDIATHEQUE_ACCEPTANCE_OTHER_KEY, a key of another workspace")
    return target.other_key


@pytest.fixture(scope="session")
def http(target: Target) -> Iterator[httpx.Client]:
    """One client for all tests: persistent connections are tested, too."""
    with httpx.Client(base_url=target.url, timeout=60) as client:
        yield client
