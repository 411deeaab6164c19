"""The answers of an operation: its success, and one for each status of its errors."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from mediatheque.dialects.native.endpoint import Operation
from mediatheque.dialects.native.errors import ERRORS, PROBLEM, Problem, problem_title, problem_type, slug_of
from mediatheque.dialects.native.openapi.problems import problems_of
from mediatheque.dialects.native.openapi.schemas import Schemas
from mediatheque.errors import LibraryError

_TEXT = {"type": "string"}
HEADERS: dict[str, Any] = {
    "RequestId": {"description": "The id of the request.", "schema": _TEXT},
    "ETag": {"description": "The revision, in quotes.", "schema": _TEXT},
    "Replayed": {
        "description": "`true`: the answer is that of an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit": {
        "description": "What is left of the limit, where there is one: `r` requests for the next `t` seconds.",
        "schema": _TEXT,
    },
    "RateLimitPolicy": {"description": "The limit: `q` requests in `w` seconds.", "schema": _TEXT},
    "RetryAfter": {"description": "Seconds until the request may be sent again.", "schema": {"type": "integer"}},
}
_NAMES = {
    "RequestId": "X-Request-Id",
    "ETag": "ETag",
    "Replayed": "Idempotent-Replayed",
    "RateLimit": "RateLimit",
    "RateLimitPolicy": "RateLimit-Policy",
    "RetryAfter": "Retry-After",
}
_ALWAYS = ("RequestId", "RateLimit", "RateLimitPolicy")
_RETRIED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

Kinds = tuple[type[LibraryError], ...]


def responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    """Return the operation's answers by status. Those of errors are references to `problem_responses`."""
    found = {operation.status: _success(operation, schemas)}
    if operation.forms is not None:
        found[operation.forms.status] = _success(operation.forms, schemas)
    if operation.method == "GET" and operation.has_revision:
        found[HTTPStatus.NOT_MODIFIED] = {
            "description": "It has not changed since the revision in If-None-Match.",
            "headers": _headers("ETag"),
        }
    if operation.query is not None:
        found[HTTPStatus.REQUEST_URI_TOO_LONG] = {"description": "The URL is too long for the HTTP server; no content."}
    found |= {status: {"description": text, "headers": _headers()} for status, text in operation.answers.items()}
    found |= {status: {"$ref": f"#/components/responses/{_name(kinds)}"} for status, kinds in _by_status(operation)}
    return {str(int(status)): found[status] for status in sorted(found)}


def problem_responses(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the answers to errors of all operations, by name."""
    return {
        _name(kinds): _problem(status, kinds) for operation in operations for status, kinds in _by_status(operation)
    }


def _by_status(operation: Operation) -> list[tuple[int, Kinds]]:
    """Return the errors of the operation by their status."""
    kinds = problems_of(operation)
    statuses = sorted({ERRORS.mapping(kind).status for kind in kinds})
    return [(status, tuple(kind for kind in kinds if ERRORS.mapping(kind).status == status)) for status in statuses]


def _name(kinds: Kinds) -> str:
    return ".".join(sorted(slug_of(kind) for kind in kinds))


def _success(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    names = (["ETag"] if operation.has_revision else []) + (["Replayed"] if operation.has_claim else [])
    described = {
        "description": HTTPStatus(operation.status).phrase,
        "headers": _headers(*names),
    }
    if operation.is_struct:
        return described | {"content": {"application/json": {"schema": schemas.of(operation.result)}}}
    if operation.result is None:
        return described
    return described | {"content": {kind: {} for kind in operation.produces}}


def _problem(status: int, kinds: Kinds) -> dict[str, Any]:
    kinds = tuple(sorted(kinds, key=slug_of))
    schema = {
        "allOf": [
            {"$ref": f"#/components/schemas/{Problem.__name__}"},
            {"properties": {"type": {"enum": [problem_type(kind) for kind in kinds]}, "status": {"const": status}}},
        ]
    }
    return {
        "description": "\n".join(f"- `{slug_of(kind)}`: {problem_title(kind)}." for kind in kinds),
        "headers": _headers(*(["RetryAfter"] if status in _RETRIED else [])),
        "content": {PROBLEM: {"schema": schema}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {_NAMES[name]: {"$ref": f"#/components/headers/{name}"} for name in [*_ALWAYS, *names]}
