"""The object of one operation."""

from typing import Any

from mediatheque.dialects.native.endpoint import Operation
from mediatheque.dialects.native.openapi.responses import responses
from mediatheque.dialects.native.openapi.schemas import Schemas

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text. The same request with the same key is answered alike for a day; its work is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of the version that is changed; without it, or with `*`, the present one.",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of the version that the client has; if it is the present one, the answer is 304.",
    "schema": {"type": "string"},
}


def operation_object(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    """Return the operation's object: everything but its path and method."""
    summary, _, description = operation.doc.partition("\n")
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": summary.removesuffix("."),
        "description": description.strip(),
        "security": _security(operation),
        "parameters": _parameters(operation, schemas),
        "requestBody": _body(operation, schemas),
        "responses": responses(operation, schemas),
    }
    return {name: value for name, value in described.items() if value or name == "security"}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Return the ways to send the key. OpenAPI 3.1 lets any of them list the roles that are needed: our scopes."""
    if operation.scope is None:
        return []
    return [{"bearer": [operation.scope.value]}, {"header": [operation.scope.value]}]


def _parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": schemas.of(kind)}
        for name, kind in operation.path_params.items()
    ]
    if operation.query is not None:
        found += [_query(*each) for each in schemas.parameters(operation.query)]
    found += map(dict, operation.parameters)
    headers = {
        "claim": (_IDEMPOTENCY_KEY, operation.has_claim),
        "if_match": (_IF_MATCH, operation.has_if_match),
        "if_none_match": (_IF_NONE_MATCH, operation.method == "GET" and operation.has_revision),
    }
    return found + [parameter for parameter, is_taken in headers.values() if is_taken]


def _query(name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """Return a query parameter. Its description is its own, not its schema's; a list is sent as repeated parameters."""
    schema = dict(schema)
    described = {"name": name, "in": "query", "description": schema.pop("description", "")}
    if required:
        described["required"] = True
    return {key: value for key, value in described.items() if value} | {"schema": schema}


def _body(operation: Operation, schemas: Schemas) -> dict[str, Any] | None:
    if operation.body is None and not operation.consumes:
        return None
    content: dict[str, Any] = {kind: _media(operation, kind) for kind in operation.consumes}
    if operation.forms is not None:
        content |= {kind: _media(operation.forms, kind) for kind in operation.forms.consumes}
    if operation.body is not None:
        media: dict[str, Any] = {"schema": schemas.of(operation.body)}
        content["application/json"] = media | ({"example": operation.example} if operation.example else {})
    return {"required": operation.body_required, "content": content}


def _media(operation: Operation, kind: str) -> dict[str, Any]:
    """Return what a body is that the handler reads itself: a form, or bytes, which have no schema."""
    return {"schema": operation.form} if kind.startswith("multipart/") and operation.form else {}
