"""CORS: pages of other origins can read every answer, including those of the layers outside the framework."""

import httpx
import pytest

from mediatheque.dialects import DIALECTS
from tests.durability.helpers import endpoints
from tests.server import Serve

ORIGIN = {"origin": "https://app.example"}


def is_readable(answer: httpx.Response) -> bool:
    exposed = answer.headers.get("access-control-expose-headers", "").lower()
    return answer.headers.get("access-control-allow-origin") == "*" and "x-request-id" in exposed


PREFIXES = sorted(
    prefix for dialect in DIALECTS for error_format in dialect.error_formats for prefix in error_format.prefixes
)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_errors_of_each_prefix_are_readable(client: httpx.Client, prefix: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = client.request(method, f"{prefix}/no/such/thing", headers=ORIGIN)
        assert not answer.is_success
        assert is_readable(answer), answer.headers


def test_preflight_is_granted_on_every_path(client: httpx.Client) -> None:
    for path in ("/assets", "/files/upload", f"/storage/upload/{'0' * 32}", "/v3/assets", "/nowhere", "/readyz"):
        asked = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization,x-my-own"}
        answer = client.options(path, headers={**ORIGIN, **asked})
        assert (answer.status_code, answer.content) == (204, b"")
        assert is_readable(answer)
        assert answer.headers["access-control-allow-headers"] == "authorization,x-my-own"


def test_uploads_and_cached_files_are_readable(server: Serve, client: httpx.Client, key: str) -> None:
    promise = endpoints.fal_initiate(client, key, endpoints.new_jpeg(5000))
    for headers in ({}, {}, {"range": "bytes=0-9"}, {"range": "bytes=99999999-"}, {"if-none-match": "*"}):
        answer = client.get(promise.path, headers={**ORIGIN, **headers})
        assert is_readable(answer), answer.status_code
    assert is_readable(client.post("/assets", headers=ORIGIN, content=b"x" * 100))
