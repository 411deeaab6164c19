"""One operation of one dialect as data, and the assertions that all suites share."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx
import msgspec
import pytest

from mediatheque.model import Scope
from tests.contracts.dialect import values
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.wire import sockets
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.dialects.wire.openapi import Spec
from tests.server import Serve

StatusAndCode = tuple[int, str | int | None]
"""The HTTP status, and the dialect's own code if it has one."""


class ErrorTable(msgspec.Struct, frozen=True):
    """An error format as its vendor documents it: status and code by error class, a check of the body, the schema."""

    refusals: Mapping[str, StatusAndCode]
    check_error: Callable[[httpx.Response, str | int | None], None]
    spec: Spec | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `check_error` checks the body of an error; `refusals` has status and code by error class.

    `auth` makes the header in which this vendor's clients send a key. `types` and `limit` are those of its uploads,
    `spec` is the vendor's own document, `refused_as` the media type of errors. `valid` makes the keyword arguments of
    a request that succeeds.
    """

    name: str
    path: str
    auth: Callable[[str], dict[str, str]]
    refusals: Mapping[str, StatusAndCode]
    check_error: Callable[[httpx.Response, str | int | None], None]
    valid: Callable[[Any], dict[str, Any]]
    method: str = "POST"
    success: int = 200
    scope: Scope = Scope.WRITE
    unrouted: str = ""
    wrong_method: str = "DELETE"
    spec: Spec | None = None
    framed: bool = False
    types: frozenset[str] = frozenset()
    limit: int = 0
    refused_as: str = "application/json"

    def send(self, client: httpx.Client, key: str | None, **request: Any) -> httpx.Response:
        headers = {**(self.auth(key) if key else {}), **request.pop("headers", {})}
        return client.request(self.method, request.pop("path", self.path), headers=headers, **request)

    def upload(self, client: httpx.Client, key: str, data: bytes, *, name: str = "sample", declared: str = "") -> Any:
        """Upload the bytes as a form or raw body. A form's part declares octet-stream by default."""
        if self.framed:
            part = file_part(data, filename=name, declared=declared or "application/octet-stream")
            return self.send(client, key, content=form(part), headers={"Content-Type": CONTENT_TYPE})
        return self.send(client, key, content=data, headers={"Content-Type": declared} if declared else {})


class Suite:
    """Base of all suites. `refused` is the assertion for every error."""

    every_value: ClassVar[bool] = False
    """Whether `make test` runs the tests marked `each_value` with every value; if not, with the first."""

    endpoint: Endpoint
    client: httpx.Client
    account: Account
    stored: StoredData
    server: Serve

    @pytest.fixture(autouse=True)
    def setting(self, client: httpx.Client, account: Account, stored: StoredData, server: Serve) -> None:
        self.client, self.account, self.stored, self.server = client, account, stored, server
        self.before = stored.count(account)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        values.parametrize(metafunc, every_value=self.every_value)

    def refused(self, response: httpx.Response, *meanings: str) -> None:
        """Check status, body, schema and request id of an error, and that nothing was stored."""
        words = [self.endpoint.refusals[meaning] for meaning in meanings]
        assert response.status_code in [status for status, _ in words], response.text
        assert response.headers["content-type"] == self.endpoint.refused_as
        assert response.headers["x-request-id"]
        self.endpoint.check_error(response, next(code for status, code in words if status == response.status_code))
        if self.endpoint.spec:
            self.endpoint.spec.check(response)
        self.stored.expect_counts(self.account, self.before)

    def answered(self, response: httpx.Response) -> Any:
        """Check status and schema of a success, and return the body."""
        assert response.status_code == self.endpoint.success, response.text
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-request-id"]
        if self.endpoint.spec:
            self.endpoint.spec.check(response)
        return response.json()

    def send(self, **request: Any) -> httpx.Response:
        return self.endpoint.send(self.client, self.account.key, **request)

    def raw(self, *pieces: bytes, length: int | None, hang_up: bool = False, **headers: str) -> sockets.Answer | None:
        """Send a request over a socket. `length` is the Content-Length, None for chunked."""
        given = {
            **self.endpoint.auth(self.account.key),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        head = sockets.head(self.endpoint.method, self.endpoint.path, given, length)
        return sockets.exchange(self.server.port, head, *pieces, hang_up=hang_up)
