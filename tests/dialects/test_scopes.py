"""Every operation of every dialect names the area that a key needs."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from mediatheque.dialects import DIALECTS
from mediatheque.http.request.auth import ScopeGuard
from mediatheque.model import AREAS, Scope, included
from tests.server import Serve

WITHOUT_KEY = {
    "GET /files/b/{}/{}": "who may read a file its ACL decides; a key counts where it has assets:read",
    "HEAD /files/b/{}/{}": "as GET",
    "GET /healthz": "for load balancers",
    "GET /readyz": "for load balancers",
    "GET /docs/error-codes": "documentation",
    "GET /docs/api": "documentation",
    "POST /api/hooks/{}/{}": "the URL has a token",
    "GET /api/openapi.json": "documentation",
    "GET /metrics": "for monitoring; deploy.md says how to keep it inside",
    "PUT /storage/upload/{}": "the URL has a token",
    "PUT /storage/upload/{}/{}": "the URL has a token",
    "POST /storage/upload/{}/complete": "the URL has a token",
    "POST /storage/upload/{}/gcs/{}/{}": "the URL has a token",
    "POST /storage/upload/{}/gcs/{}/complete": "the URL has a token",
    "PUT /v3/assets/direct-uploads/{}": "the URL has a token",
}
WITH_ANY_KEY = {"GET /v3/users/me", "GET /v3/user/me"}
"""They tell a key what it is."""


def _operations() -> Iterator[tuple[str, frozenset[Scope] | None]]:
    """Yield each operation with the scopes of its guard, of which one suffices; None without a guard."""
    routers = (router for dialect in DIALECTS for router in dialect.routers)
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS"}:
                    yield f"{method} {_unnamed(route.path)}", _scopes(handler)


def _unnamed(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _scopes(handler: HTTPRouteHandler) -> frozenset[Scope] | None:
    guards = [guard for guard in handler.guards or () if isinstance(guard, ScopeGuard)]
    return guards[0].scopes if guards else None


OPERATIONS = dict(_operations())
PATHS = {
    _unnamed(route.path): route.path for dialect in DIALECTS for router in dialect.routers for route in router.routes
}


def test_operations_without_a_key_are_known() -> None:
    assert {operation for operation, scopes in OPERATIONS.items() if scopes is None} == set(WITHOUT_KEY)


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - WITHOUT_KEY - WITH_ANY_KEY))
def test_operation_names_its_area(operation: str) -> None:
    scopes = OPERATIONS[operation]
    assert scopes
    assert scopes <= AREAS | {Scope.ADMIN, Scope.INSTANCE}


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - WITHOUT_KEY - WITH_ANY_KEY))
def test_reading_needs_no_scope_to_write_and_writing_more_than_one_to_read(operation: str) -> None:
    scopes = OPERATIONS[operation] or frozenset()
    reads = {scope for scope in scopes if scope.endswith(":read")}
    if scopes <= {Scope.ADMIN, Scope.INSTANCE}:
        return
    assert bool(reads) == operation.startswith(("GET ", "HEAD "))


def test_key_with_all_scopes_but_the_right_one_is_refused_and_with_that_alone_is_not(
    client: httpx.Client, server: Serve
) -> None:
    keys: dict[frozenset[Scope], str] = {}

    def status(operation: str, scopes: frozenset[Scope]) -> int:
        """Return the status of a request about nothing that exists, with a key of these scopes."""
        if scopes not in keys:
            keys[scopes] = server.new_key(*scopes)
        method, path = operation.split()
        path = re.sub(r"{\w*:?(\w*)}", lambda part: "7" if part[1] == "int" else str(uuid4()), PATHS[path])
        return client.request(method, path, headers={"x-api-key": keys[scopes]}).status_code

    for operation in sorted(OPERATIONS.keys() - WITHOUT_KEY - WITH_ANY_KEY):
        needed = OPERATIONS[operation] or frozenset()
        others = frozenset(scope for scope in Scope if included(frozenset({scope})).isdisjoint(needed))
        assert status(operation, others) == 403, operation
        assert all(status(operation, frozenset({scope})) not in (401, 403) for scope in needed), operation
