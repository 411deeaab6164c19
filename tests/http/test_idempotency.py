"""Fingerprints of requests with an Idempotency-Key."""

from typing import Any

import pytest

from mediatheque.errors import Malformed
from mediatheque.http.request.idempotency import fingerprint


def test_body_that_is_nested_too_deeply_is_refused() -> None:
    body: dict[str, Any] = {}
    for _ in range(5_000):
        body = {"a": body}
    with pytest.raises(Malformed):
        fingerprint(body)
