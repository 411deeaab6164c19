"""JSON Schemas as readers see them: a type in words, and the fields of an object."""

import json
from typing import Any

from mediatheque.dialects.native.reference.markup import code, inline, prose, table, tag

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
Schema = dict[str, Any]


def type_of(schema: Schema) -> str:
    """Say the type: `list of Asset`, with links to the types of their own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return tag("a", name, href=f"#type-{name}")
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_of(each) for each in schema[several]))
    if "enum" in schema or "const" in schema:
        return " or ".join(code(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    return inline(str(schema.get("format") or schema.get("type") or "any"))


def bounds_of(schema: Schema) -> str:
    """Say what else holds of a value: `at least 1, at most 100; 50 by default`."""
    bounds = ", ".join(text.format(schema[name]) for name, text in _BOUNDS.items() if name in schema)
    nested = [bounds_of(each) for each in schema.get("anyOf", ())]
    default = schema.get("default")
    shown = (
        f"{code(default if isinstance(default, str) else json.dumps(default))} by default"
        if default not in (None, [], {})
        else ""
    )
    return "; ".join(filter(None, [bounds, *nested, shown]))


def section(name: str, schema: Schema) -> str:
    """Return the description of a type with a name, and its fields."""
    body = prose(schema.get("description", ""))
    if "properties" in schema:
        body += fields_of(schema)
    else:
        body += tag("p", type_of({key: value for key, value in schema.items() if key != "title"}))
    return tag("section", tag("h3", code(name)) + body, id=f"type-{name}", class_="type")


def fields_of(schema: Schema) -> str:
    """Return the table of an object's fields."""
    required = schema.get("required", ())
    return table(
        ("field", "type", ""),
        (
            (code(name) + _mark(name in required), type_of(field), _notes(field))
            for name, field in schema["properties"].items()
        ),
    )


def _notes(field: Schema) -> str:
    return " ".join(filter(None, [inline(field.get("description", "")), bounds_of(field)]))


def _mark(required: bool) -> str:
    return "" if required else tag("small", " optional")
