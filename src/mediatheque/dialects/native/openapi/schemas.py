"""JSON Schemas of all types that operations name."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Any

import msgspec

from mediatheque.dialects.native.endpoint import Operation
from mediatheque.dialects.native.errors import Problem

_PREFIX = "#/components/schemas/"
_SUFFIX = "Shape"
Schema = dict[str, Any]


class Schemas:
    """The schemas of the types of some operations. `components` are those that others refer to, by name.

    A name is that of the class, without the suffix that tells a shape from the library's own type.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        kinds = [Problem, *(kind for operation in operations for kind in _kinds(operation))]
        found = msgspec.json.schema_components(kinds, ref_template=f"{_PREFIX}{{name}}")
        described, components = _with_public_names(found)
        self.components = {_public(name): schema for name, schema in components.items()}
        self._by_kind = list(zip(kinds, described, strict=True))
        queries = {operation.query for operation in operations if operation.query is not None}
        self._parameters = {kind: self.components[_name(self.of(kind))] for kind in queries}
        for kind in queries:
            self.components.pop(_name(self.of(kind)))

    def of(self, kind: Any) -> Schema:
        """Return the schema of a type of the operations."""
        return next(schema for each, schema in self._by_kind if each == kind)

    def parameters(self, query: type[msgspec.Struct]) -> Iterator[tuple[str, Schema, bool]]:
        """Yield name, schema and necessity of each query parameter. None is how the Struct says that it is absent."""
        described = self._parameters[query]
        for name, schema in described["properties"].items():
            yield name, _without_null(schema), name in described.get("required", ())


def _public(name: str) -> str:
    return name.removesuffix(_SUFFIX)


def _with_public_names(value: Any) -> Any:
    """Return the JSON value with the public names in its references and titles, and docstrings without indentation."""
    match value:
        case dict():
            return {key: _with_public_names(_public_text(key, each)) for key, each in value.items()}
        case list() | tuple():
            return [_with_public_names(each) for each in value]
    return value


def _public_text(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _public(value) if key in ("$ref", "title") else cleandoc(value) if key == "description" else value


def _kinds(operation: Operation) -> Iterator[Any]:
    yield from operation.path_params.values()
    if operation.query is not None:
        yield operation.query
    if operation.body is not None:
        yield operation.body
    if operation.is_struct:
        yield operation.result


def _name(schema: Schema) -> str:
    reference: str = schema["$ref"]
    return reference.removeprefix(_PREFIX)


def _without_null(schema: Schema) -> Schema:
    """Return the schema without null, as a value and as the default."""
    rest = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    others = [each for each in rest.pop("anyOf", ()) if each != {"type": "null"}]
    return rest | (others[0] if len(others) == 1 else {"anyOf": others} if others else {})
