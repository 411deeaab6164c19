"""Contracts of the native API's operations, beside those of every dialect."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mediatheque import errors
from mediatheque.dialects.native.endpoint import Operation
from mediatheque.dialects.native.errors import problem_type
from mediatheque.model import Scope
from tests.contracts.dialect import Endpoint, Keyed, Suite, TakesJson
from tests.contracts.dialect.values import each_value
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import PROBLEM, REFUSALS, auth, check_error
from tests.dialects.native.openapi.checks import DOCUMENT, OPERATIONS
from tests.dialects.native.rows.row import Row
from tests.server import Serve

_METHODS = ("DELETE", "PUT", "PATCH", "POST", "GET")


def endpoint_of(operation: Operation, row: Row) -> Endpoint:
    """Return the operation as the contracts of all dialects take it."""
    taken = {each.method for each in OPERATIONS.values() if each.path == operation.path}
    return Endpoint(
        name=operation.id,
        method=operation.method,
        path=operation.path,
        auth=auth,
        refusals=REFUSALS,
        check_error=check_error,
        valid=row.valid,
        success=operation.status,
        scope=operation.scope or Scope.READ,
        unrouted=f"{operation.path}/no/such/thing",
        wrong_method=next(method for method in _METHODS if method not in taken),
        refused_as=PROBLEM,
    )


class NativeSuite(Suite):
    """Every answer is one that the OpenAPI document describes."""

    operation: Operation
    row: Row

    @pytest.fixture(autouse=True)
    def setting(self, request: pytest.FixtureRequest, client: httpx.Client, stored: StoredData, server: Serve) -> None:
        scope = self.operation.scope
        name = scope.value if scope in (Scope.ADMIN, Scope.INSTANCE) else "account"
        account: Account = request.getfixturevalue(name)
        self.client, self.account, self.stored, self.server = client, account, stored, server
        self.before = stored.count(account)

    def refused(self, response: httpx.Response, *meanings: str) -> None:
        """Beside the rest, check it against the document, but for 405 and unknown paths, which are of no operation."""
        super().refused(response, *meanings)
        assert response.json()["type"] in {problem_type(getattr(errors, meaning)) for meaning in meanings}
        if not {"MethodNotAllowed", "NotFound"} & set(meanings):
            DOCUMENT.check(self.operation, response)

    def answered(self, response: httpx.Response) -> Any:
        assert response.status_code == self.endpoint.success, response.text
        assert response.headers["x-request-id"]
        DOCUMENT.check(self.operation, response)
        return response.json() if response.content else None


class NativeOperation(NativeSuite, Keyed):
    """Operations that require a key."""

    @each_value("host", ["a@b", "", "[", "a b"])
    def test_invalid_host_header_is_refused(self, host: str) -> None:
        """Only what writes or answers URLs needs the host."""
        headers = {**auth(self.account.key), "Host": host.encode("latin-1")}
        response = self.with_headers(headers)  # type: ignore[arg-type] # httpx takes bytes too
        if self.operation.has_claim or response.status_code != self.operation.status:
            self.refused(response, "Malformed")

    def test_other_versions_of_etag_are_sent(self) -> None:
        if self.operation.method != "GET" or not self.operation.has_revision:
            return
        request = self.valid()
        etag = self.send(**request).headers["etag"]
        same, other = (self.send(**request, headers={"If-None-Match": tag}) for tag in (etag, '"0"'))
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        DOCUMENT.check(self.operation, same)
        self.answered(other)


class NativeMutation(NativeOperation):
    """Operations that take an Idempotency-Key."""

    def test_repeated_request_is_answered_alike(self) -> None:
        request, key = self.valid(), uuid4().hex
        first, second = self.keyed(request, key), self.keyed(request, key)
        self.answered(first)
        self.answered(second)
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
        content = first.content
        if self.row.shown_once:
            content = re.sub(rb'(?<="%s":)"[^"]+"' % self.row.shown_once.encode(), b"null", content)
            assert content != first.content
        assert (content, first.headers.get("etag")) == (second.content, second.headers.get("etag"))

    def test_key_of_another_payload_is_refused(self) -> None:
        if self.operation.body is None and not self.operation.consumes:
            return
        assert self.row.other is not None, "the row needs another payload"
        request, key = self.valid(), uuid4().hex
        self.answered(self.keyed(request, key))
        self.before = self.stored.count(self.account)
        self.refused(self.keyed({**request, **self.row.other}, key), "IdempotencyKeyReused")

    def test_key_of_a_running_request_is_refused(self) -> None:
        request, key = self.valid(), uuid4().hex
        path = httpx.URL(request.get("path", self.operation.path)).path
        self.stored.database.execute(
            "INSERT INTO idempotency (workspace_id, key_id, operation, key, attempt, lease_until)"
            " VALUES (%s, %s, %s, %s, gen_random_uuid(), now() + interval '1 minute')",
            [self.account.workspace_id, self.account.key_id, f"{self.operation.method} {path}", key],
        )
        self.before = self.stored.count(self.account)
        response = self.keyed(request, key)
        self.refused(response, "InProgress")
        assert response.headers["retry-after"] == "1"

    def test_key_that_is_too_long_is_refused(self) -> None:
        request = self.valid()
        self.refused(self.keyed(request, "x" * 256), "Invalid")

    def test_stale_revision_is_refused(self) -> None:
        if not self.operation.has_if_match:
            return
        request = self.valid()
        for tag, meaning in [('"0123456789abcdef"', "PreconditionFailed"), ("nonsense", "Invalid")]:
            self.refused(self.send(**request, headers={"If-Match": tag}), meaning)
        self.answered(self.send(**request, headers={"If-Match": "*"}))

    def keyed(self, request: dict[str, Any], key: str) -> httpx.Response:
        headers = {**request.get("headers", {}), "Idempotency-Key": key}
        return self.send(**{**request, "headers": headers})


class TakesNativeJson(NativeSuite, TakesJson):
    """Operations that take a JSON object; the row's request has the path."""

    def test_oversized_json_is_refused(self) -> None:
        self.refused(self.json(b'{"a": "' + b"x" * self.operation.max_body + b'"}'), "Malformed")

    def json(self, body: bytes) -> httpx.Response:
        request = {name: value for name, value in self.endpoint.valid(self).items() if name in ("path", "params")}
        return self.send(**request, content=body, headers={"Content-Type": "application/json"})
