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


def notes_of(schema: Schema, description: str = "") -> str:
    """Return the description, and what else holds of a value: `At least 1, at most 100; 50 by default.`"""
    bounds = "; ".join(_bounds(schema))
    sentence = f"{bounds[0].upper()}{bounds[1:]}." if bounds else ""
    return " ".join(filter(None, [inline(description or schema.get("description", "")), sentence]))


def _bounds(schema: Schema) -> list[str]:
    bounds = ", ".join(_bound(name, text, schema[name]) for name, text in _BOUNDS.items() if name in schema)
    nested = [bound for each in schema.get("anyOf", ()) for bound in _bounds(each)]
    default = schema.get("default")
    shown = code(default if isinstance(default, str) else json.dumps(default)) + " by default"
    return [each for each in (bounds, *nested, "" if default in (None, [], {}) else shown) if each]


def _bound(name: str, text: str, value: Any) -> str:
    return "not empty" if name in ("minLength", "minItems") and value == 1 else text.format(value)


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
            (code(name) + _mark(name in required), type_of(field), notes_of(field))
            for name, field in schema["properties"].items()
        ),
    )


def _mark(required: bool) -> str:
    return "" if required else tag("small", " optional")
