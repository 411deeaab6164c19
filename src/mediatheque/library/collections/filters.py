"""The parser for a smart collection's filters.

An inner node is `{"and": [...]}` or `{"or": [...]}`. A leaf is `{"field", "op", "value"}`
(`library/catalog/conditions.py`), or `{"semantic": {"text" |
"image_url" | "video_url", "min_similarity"}}`.
"""

from typing import Any

from mediatheque.errors import Invalid
from mediatheque.library.catalog.conditions import InvalidCondition, condition
from mediatheque.model import And, Condition, Or, SimilarTo

_CONNECTIVES: dict[str, type[And | Or]] = {"and": And, "or": Or}
_EXAMPLES = ("text", "image_url", "video_url")
_MAX_DEPTH, _MAX_CONDITIONS, _MAX_EXAMPLES, _MAX_TEXT = 10, 100, 5, 2000


def parse(filters: object) -> Condition:
    """Parse the condition. Raises `Invalid`, whose message names the place in the tree that is wrong."""
    parsed = _node(filters, "filters", _MAX_DEPTH)
    leaves = list(_leaves(parsed))
    if len(leaves) > _MAX_CONDITIONS:
        raise Invalid(f"filters: more than {_MAX_CONDITIONS} conditions.", param="filters")
    if sum(isinstance(leaf, SimilarTo) for leaf in leaves) > _MAX_EXAMPLES:
        raise Invalid(f"filters: more than {_MAX_EXAMPLES} semantic conditions.", param="filters")
    return parsed


def example_urls(filters: object) -> set[str]:
    """Return the URLs of the example files in the filters. Filters that do not parse have none."""
    try:
        leaves = _leaves(parse(filters))
    except Invalid:
        return set()
    return {leaf.url for leaf in leaves if isinstance(leaf, SimilarTo) and leaf.url}


def _leaves(parsed: Condition) -> list[Condition]:
    if isinstance(parsed, And | Or):
        return [leaf for part in parsed.parts for leaf in _leaves(part)]
    return [parsed]


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


def _comparison(node: dict[str, Any], path: str) -> Condition:
    for key in ("field", "op", "value"):
        if key not in node:
            raise _invalid(f"{path}.{key}", "is missing")
    try:
        return condition(node["field"], node["op"], node["value"])
    except InvalidCondition as error:
        raise _invalid(f"{path}.{error.part}", error.message) from None


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


def _reject_unknown_keys(node: dict[str, Any], known: set[str], path: str) -> None:
    for key in node:
        if key not in known:
            raise _invalid(path, f"unknown key {str(key)[:50]!r}")


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(f"{path}: {message}.", param="filters")
