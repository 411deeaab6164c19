"""Operations that require an API key."""

from typing import Any

import httpx

from mediatheque.model import Scope
from tests.contracts.dialect.endpoint import Suite
from tests.contracts.dialect.values import each_value
from tests.dialects.database.snapshot import Account


class Keyed(Suite):
    """Operations that require an API key."""

    def valid(self) -> dict[str, Any]:
        return self.endpoint.valid(self)

    def test_valid_request_succeeds(self) -> None:
        self.answered(self.send(**self.valid()))

    @each_value("scheme", ["Bearer {}", "Key {}", "bearer {}", "Key mediatheque:{}", "Bearer a:b: {}"])
    def test_key_is_accepted_in_each_header(self, scheme: str) -> None:
        headers = {"Authorization": scheme.format(self.account.key)}
        self.answered(self.with_headers(headers))
        self.answered(self.with_headers({"x-api-key": headers["Authorization"].partition(" ")[2]}))

    @each_value("coding", ["gzip", "br", "aws-chunked", "GZIP", "identity, deflate", "x-gzip", "utf-8"])
    def test_encoded_body_is_refused(self, coding: str) -> None:
        """What was sent is stored as it is, so compressed bytes would be, too."""
        request = self.valid()
        if not {"content", "json", "data"} & request.keys():
            return
        headers = {**request.pop("headers", {}), "Content-Encoding": coding}
        response = self.send(**request, headers=headers)
        self.refused(response, "UnsupportedEncoding")
        assert response.headers["accept-encoding"] == "identity"

    def with_headers(self, headers: dict[str, str]) -> httpx.Response:
        request = self.valid()
        return self.endpoint.send(
            self.client, None, **{**request, "headers": {**request.get("headers", {}), **headers}}
        )

    @each_value(
        "headers",
        [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic dXNlcjpwYXNz"},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Key a:b"},
            {"Authorization": "Bearer mtq_"},
            {"Authorization": "Bearer mtq_" + "0" * 32 + "_" + "A" * 43},
            {"Authorization": "Bearer mtq_" + "0" * 10_000},
            {"Authorization": "Bearer mtq_caf\xe9\xff"},
            {"Authorization": "Bearer mtp_a.b.c"},
            {"Authorization": "Bearer mtp_" + "0" * 32 + ".9999999999.AAAA"},
            {"X-API-Key": ""},
            {"X-API-Key": "null"},
        ],
        ids=lambda headers: str(headers)[:48],
    )
    def test_invalid_key_is_refused(self, headers: dict[str, str]) -> None:
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        self.refused(self.with_headers(encoded), "KeyRefused")  # type: ignore[arg-type] # httpx takes bytes too

    def test_wrong_secret_is_refused(self) -> None:
        key = self.account.key
        self.refused(self.with_headers(self.endpoint.auth(key[:-1] + ("A" if key[-1] != "A" else "B"))), "KeyRefused")

    def test_key_with_suffix_is_refused(self) -> None:
        self.refused(self.with_headers(self.endpoint.auth(self.account.key + "x")), "KeyRefused")

    def test_revoked_key_is_refused(self, revoked: Account) -> None:
        self.refused(self.with_headers(self.endpoint.auth(revoked.key)), "KeyRefused")

    def test_key_without_scope_is_refused(self, reader: Account, writer: Account) -> None:
        other = writer if self.endpoint.scope.endswith(Scope.READ) else reader
        self.refused(self.with_headers(self.endpoint.auth(other.key)), "ScopeMissing")

    def test_admin_key_is_accepted(self, admin: Account) -> None:
        if self.endpoint.scope is Scope.INSTANCE:
            return
        self.answered(self.with_headers(self.endpoint.auth(admin.key)))

    def test_unknown_subpath_is_not_found(self) -> None:
        self.refused(self.send(path=self.endpoint.unrouted or f"{self.endpoint.path}/no/such/thing"), "NotFound")

    def test_wrong_method_is_refused_with_allow(self) -> None:
        path = self.valid().get("path", self.endpoint.path)
        response = self.client.request(self.endpoint.wrong_method, path, headers=self.endpoint.auth(self.account.key))
        self.refused(response, "MethodNotAllowed")
        assert self.endpoint.method in response.headers["allow"].split(", ")

    @each_value("host", ["a@b", "", "[", "[::1", "a b", "a/b", "<a>", "127.0.0.1:port", "a:1:2", "\xe9"])
    def test_invalid_host_header_is_refused(self, host: str) -> None:
        """URLs in answers contain the host, so it is checked before anything is stored."""
        headers = {**self.endpoint.auth(self.account.key), "Host": host.encode("latin-1")}
        self.refused(self.with_headers(headers), "Malformed")  # type: ignore[arg-type] # httpx takes bytes too

    def test_client_request_id_is_returned(self) -> None:
        response = self.with_headers({**self.endpoint.auth(self.account.key), "X-Request-Id": "trace-4711"})
        assert response.headers["x-request-id"] == "trace-4711"
        refusal = self.endpoint.send(self.client, None, headers={"X-Request-Id": "trace-4712"}, **self.path())
        assert refusal.headers["x-request-id"] == "trace-4712"

    def path(self) -> dict[str, str]:
        return {"path": self.valid().get("path", self.endpoint.path)}

    def test_request_ids_are_unique(self) -> None:
        ids = {self.endpoint.send(self.client, None, **self.path()).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3
