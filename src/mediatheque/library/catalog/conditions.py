"""Comparisons as clients write them: the name of a field, an operator and values, checked and made a condition.

A field is one of the asset's own, or a path in a JSON document: `metadata.camera.lens`, `generation.model`. A backslash
in a path takes its meaning from the character after it: `metadata.a\\.b` is the key `a.b`.
"""

import re
from collections.abc import Sequence

from mediatheque.library.catalog.condition_values import NUMBERS, InvalidCondition, choice, number, scalar, value_of
from mediatheque.model import (
    MAX_KEYS,
    ORDERED,
    Comparison,
    Document,
    DocumentComparison,
    DocumentExists,
    Field,
    KeyPath,
    Operator,
)

__all__ = ["EXISTS", "MAX_VALUES", "InvalidCondition", "condition"]

EXISTS = "exists"
"""The operator that asks whether there is anything at a path."""
MAX_VALUES = 100
_MAX_NAME = 1000
_ORDERED = (Field.CREATED_AT, *NUMBERS)
_CHARACTER = re.compile(r"\\?.", re.DOTALL)


def condition(field: object, operator: object, value: object) -> Comparison | DocumentComparison | DocumentExists:
    """Return the condition. With the operator `in`, the value is a list. Raises `InvalidCondition`."""
    if isinstance(field, str) and (found := _document_path(field)):
        return _on_document(*found, operator, value)
    known = choice(Field, field, "field")
    chosen = choice(Operator, operator, "op")
    if chosen in ORDERED and known not in _ORDERED:
        raise InvalidCondition("op", f"{chosen} compares {', '.join(_ORDERED)} and numbers in metadata only")
    return Comparison(known, chosen, tuple(value_of(known, each, part) for part, each in _values(chosen, value)))


def _on_document(
    document: Document, path: KeyPath, operator: object, value: object
) -> DocumentComparison | DocumentExists:
    if operator == EXISTS:
        if not isinstance(value, bool):
            raise InvalidCondition("value", "expected true or false")
        return DocumentExists(document, path, value)
    if not isinstance(operator, str) or operator not in set(Operator):
        raise InvalidCondition("op", f"expected one of {', '.join((*Operator, EXISTS))}")
    chosen = Operator(operator)
    read = number if chosen in ORDERED else scalar
    return DocumentComparison(document, path, chosen, tuple(read(each, part) for part, each in _values(chosen, value)))


def _document_path(field: str) -> tuple[Document, KeyPath] | None:
    """Return the document and the path that the field names; None for another field."""
    name, dot, rest = field.partition(".")
    if not dot or name not in set(Document):
        return None
    if len(rest) > _MAX_NAME or "\0" in rest:
        raise InvalidCondition("field", f"expected a path of 1 to {_MAX_NAME} characters, without NUL")
    keys = [""]
    for character in _CHARACTER.findall(rest):
        if character == ".":
            keys.append("")
        else:
            keys[-1] += character.removeprefix("\\")
    if len(keys) > MAX_KEYS or not all(keys):
        raise InvalidCondition("field", f"expected 1 to {MAX_KEYS} keys with a dot between them")
    return Document(name), tuple(keys)


def _values(operator: Operator, value: object) -> Sequence[tuple[str, object]]:
    """Return the values, each with its part."""
    if operator is not Operator.IN:
        return [("value", value)]
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
        raise InvalidCondition("value", f"expected a list of 1 to {MAX_VALUES} values")
    return [(f"value[{i}]", each) for i, each in enumerate(value)]
