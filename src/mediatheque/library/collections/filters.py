"""The parser for a smart collection's filters.

An inner node is `{"and": [...]}` or `{"or": [...]}`. A leaf is `{"field", "op", "value"}`, or `{"semantic": {"text" |
"image_url" | "video_url", "min_similarity"}}`.
"""

import enum
from datetime import UTC, datetime
from typing import Any, TypeVar

from mediatheque.errors import Invalid
from mediatheque.model import And, Comparison, Condition, Field, Kind, Operator, Or, SimilarTo

E = TypeVar("E", bound=enum.StrEnum)
_CONNECTIVES: dict[str, type[And | Or]] = {"and": And, "or": Or}
_ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_EXAMPLES = ("text", "image_url", "video_url")
_MAX_DEPTH, _MAX_CONDITIONS, _MAX_EXAMPLES, _MAX_VALUES, _MAX_TEXT = 10, 100, 5, 100, 2000


def parse(filters: object) -> Condition:
    """Parse the condition. Raises `Invalid`, whose message names the place in the tree that is wrong."""
    condition = _node(filters, "filters", _MAX_DEPTH)
    leaves = list(_leaves(condition))
    if len(leaves) > _MAX_CONDITIONS:
        raise Invalid(f"filters: more than {_MAX_CONDITIONS} conditions.", param="filters")
    if sum(isinstance(leaf, SimilarTo) for leaf in leaves) > _MAX_EXAMPLES:
        raise Invalid(f"filters: more than {_MAX_EXAMPLES} semantic conditions.", param="filters")
    return condition


def example_urls(filters: object) -> set[str]:
    """Return the URLs of the example files in the filters. Filters that do not parse have none."""
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
        raise _invalid(path, "expected an object")
    if depth == 0:
        raise _invalid(path, f"nested deeper than {_MAX_DEPTH} levels")
    if "semantic" in node:
        _reject_unknown_keys(node, {"semantic"}, path)
        return _similar_to(node["semantic"], f"{path}.semantic")
    if "field" in node or "op" in node or "value" in node:
        _reject_unknown_keys(node, {"field", "op", "value"}, path)
        return _comparison(node, path)
    _reject_unknown_keys(node, set(_CONNECTIVES), path)
    if len(node) != 1:
        raise _invalid(path, 'expected "and", "or", a field or "semantic"')
    [(word, parts)] = node.items()
    if not isinstance(parts, list) or not parts:
        raise _invalid(f"{path}.{word}", "expected a list of conditions")
    return _CONNECTIVES[word](tuple(_node(part, f"{path}.{word}[{i}]", depth - 1) for i, part in enumerate(parts)))


def _comparison(node: dict[str, Any], path: str) -> Comparison:
    for key in ("field", "op", "value"):
        if key not in node:
            raise _invalid(f"{path}.{key}", "is missing")
    field = _choice(Field, node["field"], f"{path}.field")
    operator = _choice(Operator, node["op"], f"{path}.op")
    if operator in _ORDERED and field is not Field.CREATED_AT:
        raise _invalid(f"{path}.op", f"{operator} compares created_at only")
    values, value_path = node["value"], f"{path}.value"
    if operator is not Operator.IN:
        return Comparison(field, operator, (_value(field, values, value_path),))
    if not isinstance(values, list) or not 1 <= len(values) <= _MAX_VALUES:
        raise _invalid(value_path, f"expected a list of 1 to {_MAX_VALUES} values")
    return Comparison(
        field, operator, tuple(_value(field, each, f"{value_path}[{i}]") for i, each in enumerate(values))
    )


def _value(field: Field, value: object, path: str) -> str | datetime:
    if field is Field.CREATED_AT:
        return _timestamp(value, path)
    if field is Field.TYPE:
        return _choice(Kind, value, path).value
    return _text(value, path)


def _timestamp(value: object, path: str) -> datetime:
    """Parse ISO 8601, in UTC unless it has an offset, or seconds since 1970."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise _invalid(path, "expected a time in ISO 8601, or in seconds since 1970")


def _similar_to(node: object, path: str) -> SimilarTo:
    if not isinstance(node, dict):
        raise _invalid(path, "expected an object")
    _reject_unknown_keys(node, {*_EXAMPLES, "min_similarity"}, path)
    given = [name for name in _EXAMPLES if name in node]
    if len(given) != 1:
        raise _invalid(path, "expected one of text, image_url and video_url")
    minimum = node.get("min_similarity")
    if isinstance(minimum, bool) or not isinstance(minimum, int | float) or not 0 <= minimum <= 1:
        raise _invalid(f"{path}.min_similarity", "expected a number from 0 to 1")
    example = _text(node[given[0]], f"{path}.{given[0]}")
    return SimilarTo(float(minimum), **{given[0]: example})


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_TEXT:
        raise _invalid(path, f"expected a text of 1 to {_MAX_TEXT} characters")
    if "\0" in value:
        raise _invalid(path, "contains a NUL character")
    return value


def _choice(members: type[E], value: object, path: str) -> E:
    if not isinstance(value, str) or value not in set(members):
        raise _invalid(path, f"expected one of {', '.join(members)}")
    return members(value)


def _reject_unknown_keys(node: dict[str, Any], known: set[str], path: str) -> None:
    for key in node:
        if key not in known:
            raise _invalid(path, f"unknown key {str(key)[:50]!r}")


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(f"{path}: {message}.", param="filters")
