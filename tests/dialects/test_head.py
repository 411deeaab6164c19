"""HEAD of every path that answers GET: the same status and headers, and no content."""

import re

import httpx
import pytest
from litestar import Router

from mediatheque.dialects import DIALECTS
from tests import samples
from tests.dialects.fal import endpoints as fal

_EXAMPLES = {"uuid": "0" * 32, "int": "1"}
_CHANGING = {"date", "x-request-id"}


def paths_of(router: Router) -> list[str]:
    """Every path of the router with a GET, with an example for each of its parameters."""
    return [
        re.sub(r"\{\w+:(\w+)\}", lambda found: _EXAMPLES.get(found[1], "x"), route.path)
        for route in router.routes
        if "GET" in route.methods
    ]


PATHS = sorted({path for dialect in DIALECTS for router in dialect.routers for path in paths_of(router)})


def same_headers(client: httpx.Client, path: str, headers: dict[str, str]) -> httpx.Response:
    """The response to HEAD, which differs from that to GET in its content alone."""
    head, get = client.head(path, headers=headers), client.get(path, headers=headers)
    assert head.status_code == get.status_code
    assert head.content == b""
    told = [
        {name: value for name, value in response.headers.items() if name not in _CHANGING} for response in (head, get)
    ]
    if path == "/metrics":  # it counts the first of the two
        told = [{**headers, "content-length": ""} for headers in told]
    assert told[0] == told[1]
    return head


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_content(client: httpx.Client, key: str, path: str) -> None:
    for headers in ({"authorization": f"Bearer {key}"}, {}):
        assert same_headers(client, path, headers).status_code != 405


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/assets", 200), ("/v1/assets", 200), ("/unknown", 404)],
)
def test_monitors_may_ask_with_head(client: httpx.Client, key: str, path: str, status: int) -> None:
    assert same_headers(client, path, {"authorization": f"Bearer {key}"}).status_code == status


def test_stored_file_has_the_same_headers(client: httpx.Client, key: str) -> None:
    url = fal.UPLOAD.upload(client, key, samples.png(), declared="image/png").json()["access_url"]
    for _ in range(2):  # from the route, then from the cache
        assert same_headers(client, httpx.URL(url).path, {}).headers["content-length"] == str(len(samples.png()))


def test_head_where_there_is_no_get_is_refused_as_get_is(client: httpx.Client, key: str) -> None:
    head = same_headers(client, "/storage/upload/initiate", {"authorization": f"Bearer {key}"})
    assert head.status_code == 405
    assert set(head.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS"])
def test_allow_names_head_beside_get(client: httpx.Client, key: str, method: str) -> None:
    response = client.request(method, "/healthz", headers={"authorization": f"Bearer {key}"})
    assert {"GET", "HEAD"} <= set(response.headers["allow"].split(", "))
