"""/api/openapi.json is a valid OpenAPI 3.1 document of every route."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import openapi_spec_validator
import pytest
from litestar.routes import HTTPRoute
from msgspec import inspect as types

from mediatheque.dialects.native import DIALECT
from mediatheque.dialects.native.endpoint import Operation, operation_of
from mediatheque.dialects.native.errors import problem_type
from tests.dialects.test_error_formats import ERROR_CLASSES
from tests.server import Serve

UNDESCRIBED = {"GET /docs/api"}
"""A page for people."""


def routes() -> Iterator[tuple[str, Operation | None]]:
    """Yield each route of the native API as method and path, with its operation."""
    for route in (route for router in DIALECT.routers for route in router.routes):
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield f"{method} {re.sub(r':[a-z]+}', '}', route.path)}", operation_of(handler)


OPERATIONS = sorted((each for _, each in routes() if each is not None), key=lambda each: each.id)


@pytest.fixture(scope="module")
def document(server: Serve) -> Any:
    response = httpx.get(f"{server.url}/api/openapi.json")
    assert response.headers["content-type"] == "application/json"
    return response.json()


def test_document_is_valid(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(document)


def test_every_route_is_described(document: Any) -> None:
    described = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert described | UNDESCRIBED == {route for route, _ in routes()}


def test_operations_have_names_and_summaries(document: Any) -> None:
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in document["tags"]}
    for operation in operations:
        assert re.fullmatch(r"[A-Z][^\n]+[^.\s]", operation["summary"]), operation["operationId"]
        assert operation["tags"][0] in tags
        assert all(parameter["schema"] for parameter in operation.get("parameters", ()))


def test_references_lead_somewhere(document: Any) -> None:
    for reference in set(re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(document).decode())):
        place = document
        for step in reference.split("/"):
            place = place[step]


def test_scope_is_a_role_of_the_key(document: Any) -> None:
    for operation in OPERATIONS:
        security = document["paths"][operation.path][operation.method.lower()]["security"]
        scopes = [operation.scope.value] if operation.scope else []
        assert security == [{"bearer": scopes}, {"header": scopes}] if scopes else security == []


def test_types_of_problems_are_those_of_the_errors(document: Any) -> None:
    known = {problem_type(kind) for kind in ERROR_CLASSES.values()}
    assert set(re.findall(r"urn:mediatheque:error:[a-z-]+", msgspec.json.encode(document).decode())) <= known


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.example], ids=lambda each: each.id)
def test_example_is_a_body(operation: Operation) -> None:
    msgspec.convert(operation.example, operation.body)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.is_struct], ids=lambda each: each.id)
def test_times_have_a_zone(operation: Operation) -> None:
    """Without `Meta(tz=True)`, msgspec describes a time as any text."""
    naive = [kind for kind in _all_types(types.type_info(operation.result)) if isinstance(kind, types.DateTimeType)]
    assert all(kind.tz for kind in naive), "use Time of native/shapes.py"


def _all_types(kind: types.Type, seen: frozenset[type] = frozenset()) -> Iterator[types.Type]:
    yield kind
    if isinstance(kind, types.StructType):
        inner = [field.type for field in kind.fields] if kind.cls not in seen else []
        seen |= {kind.cls}
    else:
        found = [getattr(kind, name, None) for name in ("item_type", "type", "key_type", "value_type")]
        inner = [each for each in [*found, *getattr(kind, "types", ())] if isinstance(each, types.Type)]
    for each in inner:
        yield from _all_types(each, seen)
