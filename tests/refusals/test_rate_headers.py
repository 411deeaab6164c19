"""Native answers tell the rate limit, and what is left of it, whatever the answer is."""

import re

import httpx
import pytest

from tests.refusals.conftest import REQUESTS_PER_KEY
from tests.server import Serve

_DAY = 24 * 60 * 60
POLICY = f'"default";q={REQUESTS_PER_KEY};w={_DAY}'


def left(response: httpx.Response) -> tuple[int, int]:
    """Return the requests that are left, and the seconds until the window is over."""
    assert response.headers["ratelimit-policy"] == POLICY
    found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', response.headers["ratelimit"])
    assert found
    return int(found[1]), int(found[2])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/assets", 200), ("/api/assets?limit=x", 422), ("/api/assets/0/lineage", 404), ("/api/search", 422)],
)
def test_each_answer_counts_down(strict_server: Serve, fresh_key: str, path: str, status: int) -> None:
    with httpx.Client(base_url=strict_server.url, headers={"x-api-key": fresh_key}) as http:
        responses = [http.get(path) for _ in range(3)]
    assert [response.status_code for response in responses] == [status] * 3
    assert [left(response)[0] for response in responses] == [REQUESTS_PER_KEY - 1 - n for n in range(3)]
    assert all(0 < left(response)[1] <= _DAY for response in responses)


def test_mutation_tells_the_limit(strict_server: Serve, fresh_key: str) -> None:
    body = {"source": {"type": "asset_id", "asset_id": "0"}}
    response = httpx.post(f"{strict_server.url}/api/assets", json=body, headers={"x-api-key": fresh_key})
    assert (response.status_code, left(response)[0]) == (404, REQUESTS_PER_KEY - 1)


def test_exhausted_limit_has_nothing_left(strict_server: Serve, exhausted_key: str) -> None:
    response = httpx.get(f"{strict_server.url}/api/assets", headers={"x-api-key": exhausted_key})
    assert response.status_code == 429
    assert left(response) == (0, int(response.headers["retry-after"]))


def test_answer_without_key_tells_no_limit(strict_server: Serve) -> None:
    response = httpx.get(f"{strict_server.url}/api/assets")
    assert response.status_code == 401
    assert not {"ratelimit", "ratelimit-policy"} & set(response.headers)
