"""Clients of S3 in this process."""

import functools
from collections.abc import Iterator

import pytest
from botocore import session


@pytest.fixture(scope="session", autouse=True)
def descriptions() -> Iterator[None]:
    """botocore reads its description of S3 once. It reads it for each client, which takes 50 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield
