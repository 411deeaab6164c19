"""The section of one operation."""

import json
from html import escape
from typing import Any

from mediatheque.dialects.native.reference.markup import code, inline, prose, table, tag
from mediatheque.dialects.native.reference.types import notes_of, type_of

_FIRST_ERROR = 400
Operation = dict[str, Any]


def operation_section(method: str, path: str, operation: Operation, shared: dict[str, Any]) -> str:
    """Return the section. `shared` are the responses to which operations refer, by name."""
    heading = tag("h3", tag("span", method.upper(), class_=f"method {method}") + code(path))
    parts = [
        tag("p", inline(operation["summary"]), class_="summary"),
        prose(operation.get("description", "")),
        _scope(operation),
        _parameters(operation),
        _body(operation),
        _answers(operation, shared),
    ]
    return tag("section", heading + "".join(parts), id=operation["operationId"], class_="operation")


def _scope(operation: Operation) -> str:
    scopes = [scope for way in operation["security"][:1] for roles in way.values() for scope in roles]
    return tag("p", f"Needs a key with the scope {code(scopes[0])}." if scopes else "Needs no key.", class_="scope")


def _parameters(operation: Operation) -> str:
    rows = (
        (
            code(each["name"]) + ("" if each.get("required") else tag("small", " optional")),
            escape(each["in"]),
            type_of(each["schema"]),
            notes_of(each["schema"], each.get("description", "")),
        )
        for each in operation.get("parameters", ())
    )
    shown = table(("parameter", "in", "type", ""), rows)
    return shown and tag("h4", "Parameters") + shown


def _body(operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return (tag("h4", "Body") if content else "") + "".join(
        tag("p", f"{code(kind)}: {type_of(media['schema']) if 'schema' in media else 'bytes'}") + _example(media)
        for kind, media in content.items()
    )


def _example(media: dict[str, Any]) -> str:
    if "example" not in media:
        return ""
    return tag("pre", code(json.dumps(media["example"], indent=2, ensure_ascii=False)))


def _answers(operation: Operation, shared: dict[str, Any]) -> str:
    rows = [(code(status), _answer(status, answer, shared)) for status, answer in operation["responses"].items()]
    return tag("h4", "Answers") + table(("status", ""), rows)


def _answer(status: str, answer: dict[str, Any], shared: dict[str, Any]) -> str:
    if "$ref" in answer:
        answer = shared[answer["$ref"].rpartition("/")[2]]
    if int(status) >= _FIRST_ERROR:
        return prose(answer["description"])
    kinds = [
        type_of(media["schema"]) if "schema" in media else code(kind)
        for kind, media in answer.get("content", {}).items()
    ]
    return ", ".join(kinds) or inline(answer["description"])
