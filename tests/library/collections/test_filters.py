"""Parsing of filters: valid ones parse, and invalid ones name the place that is wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediatheque.errors import Invalid
from mediatheque.library.collections.filters import parse
from mediatheque.model import (
    ORDERED,
    And,
    Comparison,
    Condition,
    Document,
    DocumentComparison,
    DocumentExists,
    Field,
    Kind,
    Operator,
    Or,
    SimilarTo,
)
from tests.records.documents import conditions

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES: dict[Field, st.SearchStrategy[Any]] = {
    Field.ENDPOINT: TEXTS,
    Field.STATUS: TEXTS,
    Field.SOURCE: TEXTS,
    Field.TYPE: st.sampled_from([kind.value for kind in Kind]),
    Field.CREATED_AT: st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    Field.MIME_TYPE: TEXTS,
    Field.REQUEST_ID: TEXTS,
    Field.EXTERNAL_ID: TEXTS,
    Field.SIZE: INTEGERS,
    Field.WIDTH: INTEGERS,
    Field.HEIGHT: INTEGERS,
    Field.DURATION: st.floats(allow_nan=False, allow_infinity=False),
    Field.FAVORITE: st.booleans(),
    Field.FOLDER: st.uuids(),
    Field.TAG: st.uuids(),
    Field.COLLECTION: st.uuids(),
}
ORDERED_FIELDS = (Field.CREATED_AT, Field.SIZE, Field.WIDTH, Field.HEIGHT, Field.DURATION)
_FIELDS = f"expected one of {', '.join(Field)}"
_SCALAR = "expected true, false, a number, or a text of at most 2000 characters"
_ONLY = "compares created_at, size, width, height, duration and numbers in metadata only"


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(list(Field)))
    operators = [each for each in Operator if field in ORDERED_FIELDS or each not in ORDERED]
    operator = draw(st.sampled_from(operators))
    most = 5 if operator is Operator.IN else 1
    return Comparison(field, operator, tuple(draw(st.lists(VALUES[field], min_size=1, max_size=most))))


LEAST = st.floats(0, 1)
SEMANTIC = st.one_of(
    st.builds(SimilarTo, LEAST, text=TEXTS),
    st.builds(SimilarTo, LEAST, image_url=TEXTS),
    st.builds(SimilarTo, LEAST, video_url=TEXTS),
)
TREES: st.SearchStrategy[Condition] = st.recursive(
    comparisons() | conditions() | conditions(Document.GENERATION) | SEMANTIC,
    lambda below: st.builds(
        lambda of, parts: of(tuple(parts)), st.sampled_from([And, Or]), st.lists(below, min_size=1, max_size=4)
    ),
    max_leaves=5,
)


def spelt(document: Document, path: tuple[str, ...]) -> str:
    return ".".join([document.value, *(key.replace("\\", "\\\\").replace(".", "\\.") for key in path)])


def written(condition: Condition) -> dict[str, Any]:
    """Return the condition as JSON."""
    match condition:
        case And(parts):
            return {"and": [written(part) for part in parts]}
        case Or(parts):
            return {"or": [written(part) for part in parts]}
        case Comparison(field, operator, values):
            said = [value.isoformat() if isinstance(value, datetime) else value for value in values]
            said = [str(value) if isinstance(value, UUID) else value for value in said]
            return {"field": field.value, "op": operator.value, "value": said if operator == "in" else said[0]}
        case DocumentExists(document, path, exists):
            return {"field": spelt(document, path), "op": "exists", "value": exists}
        case DocumentComparison(document, path, operator, values):
            said = list(values)
            return {
                "field": spelt(document, path),
                "op": operator.value,
                "value": said if operator == "in" else said[0],
            }
        case SimilarTo(least, text, image_url, video_url):
            [given_] = [(k, v) for k, v in {"text": text, "image_url": image_url, "video_url": video_url}.items() if v]
            return {"semantic": {given_[0]: given_[1], "min_similarity": least}}
    raise TypeError


@given(TREES)
def test_valid_filters_parse(condition: Condition) -> None:
    assert parse(written(condition)) == condition


def leaf(field: str = "source", op: str = "eq", value: object = "upload") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def semantic(**more: object) -> dict[str, Any]:
    return {"semantic": {"text": "a cat", "min_similarity": 0.3, **more}}


def nested(levels: int) -> dict[str, Any]:
    tree = leaf()
    for _ in range(levels - 1):
        tree = {"and": [tree]}
    return tree


_WRONG: list[tuple[Any, str]] = [
    (None, "filters: expected an object"),
    ([], "filters: expected an object"),
    ("x", "filters: expected an object"),
    ({}, 'filters: expected "and", "or", a field or "semantic"'),
    ({"not": []}, "filters: unknown key 'not'"),
    ({"and": [], "or": []}, 'filters: expected "and", "or", a field or "semantic"'),
    ({"and": [leaf()], "x": 1}, "filters: unknown key 'x'"),
    ({"and": []}, "filters.and: expected a list of conditions"),
    ({"or": {}}, "filters.or: expected a list of conditions"),
    ({"or": None}, "filters.or: expected a list of conditions"),
    ({"and": [leaf(), 1]}, "filters.and[1]: expected an object"),
    ({"and": [leaf(), {"or": [{}]}]}, 'filters.and[1].or[0]: expected "and", "or", a field or "semantic"'),
    ({"and": [leaf(), leaf(op="like")]}, "filters.and[1].op: expected one of eq, neq, in, gt, gte, lt, lte"),
    ({**leaf(), "and": []}, "filters: unknown key 'and'"),
    ({**leaf(), "x" * 999: 1}, f"filters: unknown key '{'x' * 50}'"),
    ({"op": "eq", "value": 1}, "filters.field: is missing"),
    ({"field": "source", "value": 1}, "filters.op: is missing"),
    ({"field": "source", "op": "eq"}, "filters.value: is missing"),
    (leaf("tag"), f"filters.field: {_FIELDS}"),
    (leaf("SOURCE"), f"filters.field: {_FIELDS}"),
    (leaf("metadata"), f"filters.field: {_FIELDS}"),
    (leaf("embedded.x"), f"filters.field: {_FIELDS}"),
    (leaf("metadata."), "filters.field: expected 1 to 8 keys with a dot between them"),
    (leaf("metadata.a..b"), "filters.field: expected 1 to 8 keys with a dot between them"),
    (leaf("metadata." + ".".join("a" * 9)), "filters.field: expected 1 to 8 keys with a dot between them"),
    (leaf("metadata." + "a" * 1001), "filters.field: expected a path of 1 to 1000 characters, without NUL"),
    (leaf("metadata.a\0"), "filters.field: expected a path of 1 to 1000 characters, without NUL"),
    (leaf("metadata.a", "exists", 1), "filters.value: expected true or false"),
    (leaf("metadata.a", "like"), "filters.op: expected one of eq, neq, in, gt, gte, lt, lte, exists"),
    (leaf("metadata.a", "gt", "1"), "filters.value: expected a number"),
    (leaf("metadata.a", "gt", True), "filters.value: expected a number"),
    (leaf("metadata.a", "gt", float("inf")), "filters.value: expected a number"),
    (leaf("metadata.a", "eq", 10**400), "filters.value: expected a number"),
    (leaf("metadata.a", "in", [None]), f"filters.value[0]: {_SCALAR}"),
    (leaf("metadata.a", "eq", {}), f"filters.value: {_SCALAR}"),
    (leaf("metadata.a", "eq", "x" * 2001), f"filters.value: {_SCALAR}"),
    (leaf("size", "gt", 1.5), "filters.value: expected a whole number"),
    (leaf("size", "gt", "1"), "filters.value: expected a whole number"),
    (leaf("duration", "gt", "1"), "filters.value: expected a number"),
    (leaf("favorite", "eq", 1), "filters.value: expected true or false"),
    (leaf("tag_id", "eq", "x"), "filters.value: expected an id"),
    ({"field": ["source"], "op": "eq", "value": 1}, f"filters.field: {_FIELDS}"),
    ({"field": "source", "op": None, "value": 1}, "filters.op: expected one of eq, neq, in, gt, gte, lt, lte"),
    (leaf(op="gt"), f"filters.op: gt {_ONLY}"),
    (leaf("type", "lte", "image"), f"filters.op: lte {_ONLY}"),
    (leaf("type", value="text"), "filters.value: expected one of image, video, audio, 3d, document"),
    (leaf("type", value=["image"]), "filters.value: expected one of image, video, audio, 3d, document"),
    (leaf("type", "in", ["image", 3]), "filters.value[1]: expected one of image, video, audio, 3d, document"),
    (leaf(op="in"), "filters.value: expected a list of 1 to 100 values"),
    (leaf(op="in", value=[]), "filters.value: expected a list of 1 to 100 values"),
    (leaf(op="in", value=["a"] * 101), "filters.value: expected a list of 1 to 100 values"),
    (leaf(value=""), "filters.value: expected a text of 1 to 2000 characters"),
    (leaf(value=1), "filters.value: expected a text of 1 to 2000 characters"),
    (leaf(value=["upload"]), "filters.value: expected a text of 1 to 2000 characters"),
    (leaf(value="x" * 2001), "filters.value: expected a text of 1 to 2000 characters"),
    (leaf(value="a\0b"), "filters.value: contains a NUL character"),
    (leaf(op="in", value=["a", "a\0b"]), "filters.value[1]: contains a NUL character"),
    ({"semantic": None}, "filters.semantic: expected an object"),
    ({"semantic": "a cat"}, "filters.semantic: expected an object"),
    ({**semantic(), "field": "type"}, "filters: unknown key 'field'"),
    ({"semantic": {"min_similarity": 0.3}}, "filters.semantic: expected one of text, image_url and video_url"),
    (semantic(image_url="http://x"), "filters.semantic: expected one of text, image_url and video_url"),
    (semantic(most=1), "filters.semantic: unknown key 'most'"),
    ({"semantic": {"text": "a cat"}}, "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity=None), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity=True), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity="0.3"), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity=1.01), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity=-0.01), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(min_similarity=float("nan")), "filters.semantic.min_similarity: expected a number from 0 to 1"),
    (semantic(text=""), "filters.semantic.text: expected a text of 1 to 2000 characters"),
    (semantic(text=["a"]), "filters.semantic.text: expected a text of 1 to 2000 characters"),
    (semantic(text="a\0b"), "filters.semantic.text: contains a NUL character"),
    (
        {"semantic": {"video_url": 1, "min_similarity": 0}},
        "filters.semantic.video_url: expected a text of 1 to 2000 characters",
    ),
    (nested(11), "filters" + ".and[0]" * 10 + ": nested deeper than 10 levels"),
    ({"or": [leaf()] * 101}, "filters: more than 100 conditions"),
    ({"and": [{"or": [leaf()] * 60}, {"or": [leaf()] * 60}]}, "filters: more than 100 conditions"),
    ({"or": [semantic()] * 6}, "filters: more than 5 semantic conditions"),
]
_TIMES: list[Any] = [
    *("", "today", "2026-13-01", "2026-01-01T25:00", "\0", "2026-01-01T00:00:00+25:00", "0001-01-01T00:00:00+14:00"),
    *(None, True, [], {}, float("nan"), float("inf"), 1e300, 10**400, -(10**12)),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "said"), _WRONG, ids=lambda value: str(value)[:60])
def test_invalid_filters_name_the_place(tree: object, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(tree)
    assert refused.value.message == f"{said}."
    assert refused.value.param == "filters"


@pytest.mark.parametrize("value", _TIMES, ids=lambda value: str(value)[:40])
def test_invalid_times(value: object) -> None:
    for tree, where in ((leaf("created_at", "gt", value), ""), (leaf("created_at", "in", [0, value]), "[1]")):
        with pytest.raises(Invalid) as refused:
            parse(tree)
        said = "expected a time in ISO 8601, or in seconds since 1970"
        assert refused.value.message == f"filters.value{where}: {said}."


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1.5, datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T12:00:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T12:00:00.25+02:00", datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-21T12:00:00+23:59", datetime(2026, 11, 20, 12, 1, tzinfo=UTC)),
    ],
    ids=str,
)
def test_valid_times(value: object, moment: datetime) -> None:
    read = parse(leaf("created_at", "eq", value))
    assert read == Comparison(Field.CREATED_AT, Operator.EQ, (moment,))
    assert isinstance(read, Comparison)
    assert isinstance(read.values[0], datetime)
    assert read.values[0].utcoffset() == timedelta(0), "PostgreSQL knows no offset of 23 hours, nor of part of a second"


def test_limits() -> None:
    parse(nested(10))
    parse({"or": [semantic()] * 5 + [leaf()] * 95})
    parse(leaf(op="in", value=["a"] * 100))
    parse(leaf(value="x" * 2000))
    parse(semantic(min_similarity=0))
    parse(semantic(min_similarity=1))


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["eq", "type", "in"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["and", "or", "field", "op", "value", "semantic", "text", "x"]), below, max_size=3
        )
    ),
    max_leaves=10,
)


@given(_JSON)
@example({"field": "created_at", "op": "eq", "value": 10**400})
def test_arbitrary_json_parses_or_raises_invalid(tree: object) -> None:
    try:
        parse(tree)
    except Invalid as refused:
        assert refused.message.startswith("filters")  # noqa: PT017 - valid trees are as welcome
