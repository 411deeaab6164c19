"""A refused upload of 64 MiB is read as that refusal, not as a broken pipe, by the clients people use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.refusals.clients import CLIENTS, TRIES, Client, Sending
from tests.server import Serve


class Endpoint(NamedTuple):
    """Where to send it, what a file is refused with that is too large or no media, and where the words are."""

    path: str
    as_form: bool
    refused: int
    words: Callable[[Any], str]


DOORS = {
    "krea": Endpoint("/assets", True, 400, lambda body: body["error"]),
    "heygen_v1": Endpoint("/v1/asset", False, 400, lambda body: body["message"]),
    "heygen_v3": Endpoint("/v3/assets", True, 400, lambda body: body["error"]["message"]),
    "fal": Endpoint("/files/upload", False, 413, lambda body: body["detail"]),
}
pytestmark = pytest.mark.sampled
Expect = Callable[[int, str], None]


@pytest.fixture(params=DOORS.values(), ids=DOORS)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    return request.param


@pytest.fixture(params=CLIENTS, ids=lambda client: client.__name__)
def client(request: pytest.FixtureRequest) -> Client:
    return request.param


@pytest.fixture
def expect(strict: Serve, big: Path, endpoint: Endpoint, client: Client) -> Expect:
    """Sends the file with a key, and checks that every try read that status and the door's own words."""

    def check(status: int, key: str) -> None:
        read = client(Sending(strict.url + endpoint.path, key, big, endpoint.as_form))
        assert [answer.status for answer in read] == [status] * TRIES, read
        assert all(endpoint.words(answer.body) for answer in read)

    return check


def test_a_bad_key(expect: Expect) -> None:
    expect(401, "nonsense")


def test_too_large_or_of_the_wrong_type(expect: Expect, endpoint: Endpoint, fresh: str) -> None:
    expect(endpoint.refused, fresh)


def test_too_many_requests(expect: Expect, spent: str) -> None:
    expect(429, spent)


def test_bytes_that_nobody_promised(strict: Serve, big: Path, client: Client) -> None:
    url = f"{strict.url}/storage/upload/{'0' * 32}?token=nonsense"
    read = client(Sending(url, "", big, as_form=False, method="PUT"))
    assert [answer.status for answer in read] == [404] * TRIES, read
    assert all(answer.body["detail"] for answer in read)
