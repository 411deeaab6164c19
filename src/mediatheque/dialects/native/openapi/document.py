"""The whole document."""

import sys
from collections.abc import Sequence
from inspect import getdoc
from typing import Any, cast

import msgspec

from mediatheque import __version__
from mediatheque.dialects.native.endpoint import Operation
from mediatheque.dialects.native.openapi.operations import operation_object
from mediatheque.dialects.native.openapi.responses import HEADERS, problem_responses
from mediatheque.dialects.native.openapi.schemas import Schemas

_DESCRIPTION = """\
The API of a Mediatheque: one library for the media that generative AI makes and uses.

Ids are UUIDs, times are ISO 8601, sizes bytes, dimensions pixels, durations seconds. A list answers `items` and
`next_cursor`, which the next request sends as `cursor`; it is null at the end. A mutation may have an
`Idempotency-Key`: the same request sent again gets the same answer, for a day. Errors are problem documents
(RFC 9457); their `type` never changes."""

_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer mtq_...`."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in `X-API-Key`."},
}


def build_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document as JSON values, the operations in the order in which they are given."""
    schemas = Schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = operation_object(operation, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Mediatheque",
            "version": __version__,
            "summary": "One library for generated media",
            "description": _DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [_tag(*each) for each in _subjects(operations).items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": problem_responses(operations),
            "headers": HEADERS,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }
    return cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(document)))  # msgspec's defaults are no JSON


def _subjects(operations: Sequence[Operation]) -> dict[str, str]:
    """Return the tags with the names of the modules where each is used first."""
    first: dict[str, str] = {}
    for operation in operations:
        first.setdefault(operation.tag, operation.call.__module__)
    return first


def _tag(name: str, module: str) -> dict[str, str]:
    """Return a tag with the first line of its module's docstring, which says of which API it is."""
    line = (getdoc(sys.modules[module]) or "").partition("\n")[0]
    return {"name": name, "description": line.replace(" in the native API", "")}
