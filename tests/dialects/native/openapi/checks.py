"""Checks of answers against the OpenAPI document that we serve."""

import copy
from functools import cached_property
from typing import Any

import httpx
import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mediatheque.dialects.native import ROUTES
from mediatheque.dialects.native.endpoint import Operation, operation_of
from mediatheque.dialects.native.openapi import build_document
from tests.dialects.wire.openapi import FORMATS

OPERATIONS: dict[str, Operation] = {
    operation.id: operation for route in ROUTES if (operation := operation_of(route)) is not None
}
KEYED = {id: operation for id, operation in OPERATIONS.items() if operation.scope is not None}
"""Operations that need a key."""


class Document:
    """The document, whose schemas refuse fields that they do not name."""

    @cached_property
    def content(self) -> dict[str, Any]:
        return build_document(list(OPERATIONS.values()))

    def check(self, operation: Operation, response: httpx.Response) -> None:
        """Check that the status is documented, with the media type and the schema of the body."""
        described = self.content["paths"][operation.path][operation.method.lower()]["responses"]
        answer = self._resolved(described[str(response.status_code)])
        content = answer.get("content")
        if content is None:
            assert not response.content
            return
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in content or "*/*" in content
        if schema := content.get(kind, {}).get("schema"):
            self._validator(schema).validate(response.json())

    def _resolved(self, answer: dict[str, Any]) -> dict[str, Any]:
        name = answer.get("$ref", "").rpartition("/")[2]
        return self.content["components"]["responses"][name] if name else answer

    def _validator(self, schema: Any) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(_closed(schema), registry=self._registry, format_checker=FORMATS)

    @cached_property
    def _registry(self) -> Registry[Any]:
        components = {"components": {"schemas": _closed(self.content["components"]["schemas"])}}
        return Registry().with_resource("urn:document", DRAFT202012.create_resource(components))


DOCUMENT = Document()


def _closed(schema: Any) -> Any:
    """Return a copy with absolute references, in which objects with fields have no others."""
    schema = copy.deepcopy(schema)
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "$ref" in node:
                node["$ref"] = "urn:document" + node["$ref"]
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
        pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return schema
