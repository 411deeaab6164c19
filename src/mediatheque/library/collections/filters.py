"""A smart collection's condition, read from the tree it is given as.

An inner node is `{"and": [...]}` or `{"or": [...]}`. A leaf is `{"field", "op", "value"}`, or `{"semantic": {"text" |
"image_url" | "video_url", "min_similarity"}}`.
"""

import enum
from datetime import UTC, datetime
from typing import Any, TypeVar

from mediatheque.errors import Invalid
from mediatheque.model import And, Comparison, Condition, Field, Kind, Operator, Or, SimilarTo

E = TypeVar("E", bound=enum.StrEnum)
_GROUPS: dict[str, type[And | Or]] = {"and": And, "or": Or}
_ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_EXAMPLES = ("text", "image_url", "video_url")
_DEEPEST, _MOST_LEAVES, _MOST_EXAMPLES, _MOST_VALUES, _LONGEST = 10, 100, 5, 100, 2000


def parse(filters: object) -> Condition:
    """The condition. `Invalid` names the place in the tree that is wrong."""
    condition = _node(filters, "filters", _DEEPEST)
    leaves = list(_leaves(condition))
    if len(leaves) > _MOST_LEAVES:
        raise Invalid(f"filters: more than {_MOST_LEAVES} conditions.", param="filters")
    if sum(isinstance(leaf, SimilarTo) for leaf in leaves) > _MOST_EXAMPLES:
        raise Invalid(f"filters: more than {_MOST_EXAMPLES} semantic conditions.", param="filters")
    return condition


def example_urls(filters: object) -> set[str]:
    """Return the URLs of the example files in the condition. An invalid condition has none: saving it fails."""
    try:
        leaves = _leaves(parse(filters))
    except Invalid:
        return set()
    return {leaf.url for leaf in leaves if isinstance(leaf, SimilarTo) and leaf.url}


def _leaves(condition: Condition) -> list[Condition]:
    if isinstance(condition, And | Or):
        return [leaf for part in condition.parts for leaf in _leaves(part)]
    return [condition]


def _node(node: object, path: str, depth: int) -> Condition:
    if not isinstance(node, dict):
        raise _wrong(path, "expected an object")
    if depth == 0:
        raise _wrong(path, f"nested deeper than {_DEEPEST} levels")
    if "semantic" in node:
        _only(node, {"semantic"}, path)
        return _resemblance(node["semantic"], f"{path}.semantic")
    if "field" in node or "op" in node or "value" in node:
        _only(node, {"field", "op", "value"}, path)
        return _comparison(node, path)
    _only(node, set(_GROUPS), path)
    if len(node) != 1:
        raise _wrong(path, 'expected "and", "or", a field or "semantic"')
    [(word, parts)] = node.items()
    if not isinstance(parts, list) or not parts:
        raise _wrong(f"{path}.{word}", "expected a list of conditions")
    return _GROUPS[word](tuple(_node(part, f"{path}.{word}[{i}]", depth - 1) for i, part in enumerate(parts)))


def _comparison(node: dict[str, Any], path: str) -> Comparison:
    for key in ("field", "op", "value"):
        if key not in node:
            raise _wrong(f"{path}.{key}", "is missing")
    field = _member(Field, node["field"], f"{path}.field")
    operator = _member(Operator, node["op"], f"{path}.op")
    if operator in _ORDERED and field is not Field.CREATED_AT:
        raise _wrong(f"{path}.op", f"{operator} compares created_at only")
    values, where = node["value"], f"{path}.value"
    if operator is not Operator.IN:
        return Comparison(field, operator, (_value(field, values, where),))
    if not isinstance(values, list) or not 1 <= len(values) <= _MOST_VALUES:
        raise _wrong(where, f"expected a list of 1 to {_MOST_VALUES} values")
    return Comparison(field, operator, tuple(_value(field, each, f"{where}[{i}]") for i, each in enumerate(values)))


def _value(field: Field, value: object, path: str) -> str | datetime:
    if field is Field.CREATED_AT:
        return _moment(value, path)
    if field is Field.TYPE:
        return _member(Kind, value, path).value
    return _text(value, path)


def _moment(value: object, path: str) -> datetime:
    """ISO 8601, in UTC unless it says otherwise, or seconds since 1970."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise _wrong(path, "expected a time in ISO 8601, or in seconds since 1970")


def _resemblance(node: object, path: str) -> SimilarTo:
    if not isinstance(node, dict):
        raise _wrong(path, "expected an object")
    _only(node, {*_EXAMPLES, "min_similarity"}, path)
    given = [name for name in _EXAMPLES if name in node]
    if len(given) != 1:
        raise _wrong(path, "expected one of text, image_url and video_url")
    least, where = node.get("min_similarity"), f"{path}.min_similarity"
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise _wrong(where, "expected a number from 0 to 1")
    example = _text(node[given[0]], f"{path}.{given[0]}")
    return SimilarTo(float(least), **{given[0]: example})


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST:
        raise _wrong(path, f"expected a text of 1 to {_LONGEST} characters")
    if "\0" in value:
        raise _wrong(path, "contains a NUL character")
    return value


def _member(members: type[E], value: object, path: str) -> E:
    if not isinstance(value, str) or value not in set(members):
        raise _wrong(path, f"expected one of {', '.join(members)}")
    return members(value)


def _only(node: dict[str, Any], known: set[str], path: str) -> None:
    for key in node:
        if key not in known:
            raise _wrong(path, f"unknown key {str(key)[:50]!r}")


def _wrong(path: str, message: str) -> Invalid:
    return Invalid(f"{path}: {message}.", param="filters")
