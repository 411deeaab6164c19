"""Query parameters that compare what stands in an asset's metadata, or in what its file says of its generation.

A parameter's value is text. `metadata.shot=12` finds the text and the number, `metadata.shot="12"` the text only;
`true` and `false` stand for the booleans, too.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mediatheque.errors import InvalidQuery
from mediatheque.http.context import AppRequest
from mediatheque.library.catalog.conditions import MAX_VALUES, InvalidCondition, condition
from mediatheque.model import ORDERED, Condition, Document, Operator

_MAX_PARAMS = 20
_NAME = re.compile(rf"((?:{'|'.join(Document)})\..*?)(?:(?<!\\)\[(\w*)\])?", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_ANY_VALUE = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
PARAMETERS = tuple(
    {
        "name": f"{document}.{{path}}",
        "in": "query",
        "required": False,
        "description": text + " Operators in brackets: `[neq]`, `[gt]`, `[gte]`, `[lt]`, `[lte]`, `[exists]`.",
        "schema": _ANY_VALUE,
    }
    for document, text in (
        (
            Document.METADATA,
            "What stands at a path in the metadata: `metadata.shot=12`, `metadata.camera.lens[gte]=35`.",
        ),
        (Document.GENERATION, "What the file says of its generation: `generation.model=flux`, `generation.seed=42`."),
    )
)
"""For the OpenAPI document, which has no words for names that clients choose."""


def document_conditions(request: AppRequest) -> Iterator[Condition]:
    """Return the conditions of all such parameters. Raises `InvalidQuery`."""
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if _NAME.fullmatch(name):
            given.setdefault(name, []).append(value)
    if len(given) > _MAX_PARAMS:
        raise InvalidQuery(f"There are more than {_MAX_PARAMS} parameters for metadata.", param=list(given)[-1])
    for name, texts in given.items():
        if len(texts) > MAX_VALUES // 2 or any("\0" in text for text in texts):
            raise InvalidQuery(f"{name[:100]} has at most {MAX_VALUES // 2} values, without NUL.", param=name)
        try:
            yield _condition(name, texts)
        except InvalidCondition as error:
            raise InvalidQuery(f"{name[:100]}: {error.message}.", param=name) from None


def _condition(name: str, texts: list[str]) -> Condition:
    match = _NAME.fullmatch(name)
    field, operator = match.groups() if match else (name, None)
    if operator in (None, Operator.EQ, Operator.NEQ):
        found = condition(field, Operator.IN, [value for text in texts for value in _alternatives(text)])
        return msgspec.structs.replace(found, operator=Operator.NEQ) if operator == Operator.NEQ else found
    text = texts[-1]
    if operator in ORDERED:
        return condition(field, operator, _number(text))
    return condition(field, operator, {"true": True, "false": False}.get(text.lower(), text))


def _alternatives(text: str) -> list[Any]:
    """Return what the text may stand for."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return [msgspec.json.decode(text, type=str)]
        except msgspec.DecodeError:
            return [text]
    if text in ("true", "false"):
        return [text, text == "true"]
    number = _number(text)
    return [text] if number is None else [text, number]


def _number(text: str) -> int | float | None:
    """Return the number that the text is; None if it is none, or none that float8 can hold."""
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        return None
    number = msgspec.json.decode(text)
    return number if isinstance(number, int | float) else None
