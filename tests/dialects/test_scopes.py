"""Every operation of every dialect names the area that a key needs."""

from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from mediatheque.dialects import DIALECTS
from mediatheque.http.request.auth import ScopeGuard
from mediatheque.model import AREAS, Scope

WITHOUT_KEY = {
    "GET /files/b/{}/{}": "who may read a file its ACL decides; a key counts where it has assets:read",
    "HEAD /files/b/{}/{}": "as GET",
    "GET /healthz": "for load balancers",
    "GET /readyz": "for load balancers",
    "GET /docs/error-codes": "documentation",
    "GET /docs/api": "documentation",
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
