"""Common clients read the refusal of a large upload, not a broken pipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.refusals.clients import CLIENTS, TRIES, Client, Upload
from tests.refusals.conftest import MIB
from tests.rounds import AT_LENGTH
from tests.server import Serve


class Endpoint(NamedTuple):
    """The path, the status for a file that is too large or no media, and where the message is in the body."""

    path: str
    as_form: bool
    refusal_status: int
    message: Callable[[Any], str]


ENDPOINTS = {
    "krea": Endpoint("/assets", True, 400, lambda body: body["error"]),
    "heygen_v1": Endpoint("/v1/asset", False, 400, lambda body: body["message"]),
    "heygen_v3": Endpoint("/v3/assets", True, 400, lambda body: body["error"]["message"]),
    "fal": Endpoint("/files/upload", False, 413, lambda body: body["detail"]),
}
pytestmark = pytest.mark.sampled
ExpectStatus = Callable[[int, str], None]


@pytest.fixture(scope="module")
def zeros(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No media type: many times what sockets buffer, and less than the server drains."""
    path = tmp_path_factory.mktemp("zeros") / "big.png"
    with path.open("wb") as file:
        file.truncate((64 if AT_LENGTH else 24) * MIB)
    return path


@pytest.fixture(params=ENDPOINTS.values(), ids=ENDPOINTS)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    return request.param


@pytest.fixture(params=CLIENTS, ids=lambda client: client.__name__)
def client(request: pytest.FixtureRequest) -> Client:
    return request.param


@pytest.fixture
def expect_status(strict_server: Serve, zeros: Path, endpoint: Endpoint, client: Client) -> ExpectStatus:
    """Send the file with a key; assert that every try read the status and the endpoint's message."""

    def check(status: int, key: str) -> None:
        responses = client(Upload(strict_server.url + endpoint.path, key, zeros, endpoint.as_form))
        assert [response.status for response in responses] == [status] * TRIES, responses
        assert all(endpoint.message(response.body) for response in responses)

    return check


def test_invalid_key_is_read_as_401(expect_status: ExpectStatus) -> None:
    expect_status(401, "nonsense")


def test_too_large_or_unsupported_file_is_read_as_refusal(
    expect_status: ExpectStatus, endpoint: Endpoint, fresh_key: str
) -> None:
    expect_status(endpoint.refusal_status, fresh_key)


def test_rate_limited_upload_is_read_as_429(expect_status: ExpectStatus, exhausted_key: str) -> None:
    expect_status(429, exhausted_key)


def test_upload_without_session_is_read_as_404(strict_server: Serve, zeros: Path, client: Client) -> None:
    url = f"{strict_server.url}/storage/upload/{'0' * 32}?token=nonsense"
    responses = client(Upload(url, "", zeros, as_form=False, method="PUT"))
    assert [response.status for response in responses] == [404] * TRIES, responses
    assert all(response.body["detail"] for response in responses)
