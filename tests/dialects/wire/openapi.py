"""Checks of bodies against the vendors' OpenAPI documents, kept unchanged in `tests/specs`."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FOLDER = Path(__file__).parents[2] / "specs"
FORMATS = jsonschema.FormatChecker(formats=["uuid"])


@FORMATS.checks("uri")
def _is_uri(text: object) -> bool:
    return not isinstance(text, str) or bool(urlsplit(text).scheme and urlsplit(text).netloc)


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


class Spec:
    """One operation of a document.

    HeyGen v1 contradicts itself: its schema says string where its own examples show null (`meta`, `image_key`, `msg`,
    `message`). Null is admitted exactly where an example of the same response shows it, and nowhere else.
    """

    def __init__(self, file: str, path: str, method: str = "post") -> None:
        self.document = json.loads((_FOLDER / file).read_text())
        self._operation = self.document["paths"][path][method]
        self._registry: Registry[Any] = Registry().with_resource(
            "urn:vendor", DRAFT202012.create_resource(self.document)
        )

    def check(self, response: httpx.Response) -> None:
        """Check the body against the schema of its status, or of errors if the status is not listed."""
        schema = self.schema(response.status_code)
        if schema is not None:
            jsonschema.Draft202012Validator(schema, registry=self._registry, format_checker=FORMATS).validate(
                response.json()
            )

    def schema(self, status: int) -> dict[str, Any] | None:
        """Return the schema; None if the document has none, as for errors of HeyGen v1."""
        responses = self._operation["responses"]
        error = responses.get("400") if status >= 400 else None
        declared = self._resolved(responses.get(str(status), error))
        if declared is None:
            return None
        content = declared["content"]["application/json"]
        schema = _absolute(content["schema"])
        for example in content.get("examples", {}).values():
            _admit_nulls(schema, example["value"])
        return schema

    def _resolved(self, node: Any) -> Any:
        while node and "$ref" in node:
            target = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node


def _absolute(schema: Any) -> Any:
    """Return a copy of the schema with absolute references."""
    schema = copy.deepcopy(schema)
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict) and "$ref" in node:
            node["$ref"] = "urn:vendor" + node["$ref"]
        pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return schema


def _admit_nulls(schema: dict[str, Any], example: Any) -> None:
    if example is None and isinstance(schema["type"], str):
        schema["type"] = [schema["type"], "null"]
    if isinstance(example, dict):
        for name, value in example.items():
            _admit_nulls(schema["properties"][name], value)
