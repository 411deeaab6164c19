"""The bounds of metadata, and JSON merge patches."""

from typing import Any

import pytest

from mediatheque.errors import Invalid
from mediatheque.library.catalog import metadata
from mediatheque.library.catalog.metadata import check_metadata, merge_patch

RFC_7396: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({"a": "foo"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
]
"""The examples of the RFC's appendix whose values are objects."""


def nested(levels: int) -> dict[str, Any]:
    return {"a": nested(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_merge_patch(target: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]) -> None:
    before = repr(target)
    assert merge_patch(target, patch) == result
    assert repr(target) == before


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"shot": "12", "take": 3, "ok": True, "none": None, "tags": ["a", {"b": [1.5]}]},
        {"k" * metadata.MAX_KEY_LENGTH: "x"},
        {str(number): 0 for number in range(metadata.MAX_KEYS)},
        {"a": "x" * (metadata.MAX_BYTES - 8)},
        {"a": "\\u0000"},
        nested(metadata.MAX_DEPTH),
    ],
    ids=lambda value: str(value)[:30],
)
def test_metadata_within_bounds(value: dict[str, Any]) -> None:
    check_metadata(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"k" * (metadata.MAX_KEY_LENGTH + 1): "x"}, "characters"),
        ({str(number): 0 for number in range(metadata.MAX_KEYS + 1)}, "keys"),
        ({"a": [{str(number): 0} for number in range(metadata.MAX_KEYS)]}, "keys"),
        ({"a": "x" * (metadata.MAX_BYTES - 7)}, "bytes"),
        ({"a": "\0"}, "NUL"),
        ({"\0": "a"}, "NUL"),
        ({"a": ["\\\0"]}, "NUL"),
        (nested(metadata.MAX_DEPTH + 1), "nested"),
        ({"a": [[[[[[[[]]]]]]]]}, "nested"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_metadata_out_of_bounds(value: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        check_metadata(value)
    assert refused.value.param == "metadata"
