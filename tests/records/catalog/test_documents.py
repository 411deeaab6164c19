"""Conditions on JSON documents: the comparison in SQL, and the terms of the index, against plain Python."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from mediatheque.model import Document, DocumentComparison, DocumentExists, EmbeddingModel, Operator
from mediatheque.records.catalog import documents, intervals
from mediatheque.records.database import Connection
from tests.records.documents import DOCUMENTS, NUMBERS, conditions, holds
from tests.records.seed import MINE, THEIRS
from tests.rounds import examples

_EXAMPLES = settings(
    max_examples=examples(90),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Conditions = list[DocumentComparison | DocumentExists]


async def ask(conn: Connection, document: dict[str, Any], asked: Conditions) -> tuple[list[bool], list[bool]]:
    """Which of the conditions hold, and of which arrays the document has a term."""
    clauses = [documents.clause(condition) for condition in asked]
    arrays = documents.terms(asked, MINE)
    checks = ", ".join(sql for sql, _ in clauses)
    overlaps = ", ".join(f"d.terms && {sql}" for sql, _ in arrays)
    cursor = await conn.execute(
        f"""
        SELECT ARRAY[{checks}]::bool[] AS checks, ARRAY[{overlaps}]::bool[] AS overlaps
        FROM (SELECT %s::jsonb AS metadata) a, LATERAL (SELECT metadata_terms(%s, a.metadata) AS terms) d
        """,
        [*(v for _, values in (*clauses, *arrays) for v in values), Jsonb(document), MINE],
        prepare=False,
    )
    [row] = await cursor.fetchall()
    return row["checks"], row["overlaps"]


@pytest.mark.sampled
@_EXAMPLES
@given(document=DOCUMENTS, asked=st.lists(conditions(), min_size=1, max_size=6))
@example({"a": 1e-310}, [DocumentComparison(Document.METADATA, ("a",), Operator.GT, (0,))])
@example({"a": -1e-310}, [DocumentComparison(Document.METADATA, ("a",), Operator.LT, (0,))])
@example({"a": 10**20}, [DocumentComparison(Document.METADATA, ("a",), Operator.EQ, (1e20,))])
@example({"a": [{"b": [1]}]}, [DocumentComparison(Document.METADATA, ("a", "b"), Operator.EQ, (1.0,))])
async def test_conditions_hold_as_in_python_and_have_terms(
    opened: tuple[Connection, EmbeddingModel], document: dict[str, Any], asked: Conditions
) -> None:
    conn, _ = opened
    expected = [holds(document, condition) for condition in asked]
    checks, overlaps = await ask(conn, document, asked)
    assert checks == expected
    assert all(overlaps) or not all(expected), "what matches has a term of each array"
    for condition in asked[:2]:
        _, [*terms] = await ask(conn, document, [condition])
        assert all(terms) or not holds(document, condition)


@given(low=st.none() | NUMBERS, high=st.none() | NUMBERS, number=NUMBERS)
def test_intervals_cover_every_number_of_a_range(low: float | None, high: float | None, number: float) -> None:
    found = intervals.cover(low, high)
    assert len(found) <= 210
    if (low is None or low <= number) and (high is None or number <= high):
        assert len([each for each in found for own in intervals.cover(number, number) if own.startswith(each)]) == 1


async def test_intervals_are_those_of_the_index(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, _ = opened
    for number in (0, 1, -1, 0.1, -12.5, 1e-310, -1e-310, 1e300, 10**20, 2**53 + 1):
        [smallest] = intervals.cover(number, number)
        cursor = await conn.execute(
            "SELECT metadata_terms(%(w)s, %(d)s) @> ARRAY[metadata_term(%(w)s, '.1:a', %(i)s)] AS same",
            {"w": MINE, "d": Jsonb({"a": number}), "i": smallest},
        )
        [row] = await cursor.fetchall()
        assert row["same"], number


@pytest.mark.parametrize("text", ['{"a": 1e400}', '{"a": -1e400}', '{"a": 1e-400}', '{"a": [[[[1]]]]}'])
async def test_documents_that_floats_cannot_hold_have_terms(
    opened: tuple[Connection, EmbeddingModel], text: str
) -> None:
    conn, _ = opened
    cursor = await conn.execute("SELECT cardinality(metadata_terms(%s, %s::jsonb)) AS terms", [MINE, text])
    [row] = await cursor.fetchall()
    assert row["terms"] == 9, "the key, the value and seven intervals"


async def test_terms_of_workspaces_differ(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, _ = opened
    document = Jsonb({"a": {"b": [1, "x"]}})
    cursor = await conn.execute(
        "SELECT metadata_terms(%s, %s) && metadata_terms(%s, %s) AS same", [MINE, document, THEIRS, document]
    )
    [row] = await cursor.fetchall()
    assert not row["same"]


async def test_keys_below_the_eighth_are_no_terms(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, _ = opened
    nested: Any = {"deep": 1}
    for _ in range(8):
        nested = {"k": nested}
    cursor = await conn.execute("SELECT cardinality(metadata_terms(%s, %s)) AS terms", [MINE, Jsonb(nested)])
    [row] = await cursor.fetchall()
    assert row["terms"] == 8


@pytest.mark.stress  # compares times, in the ratio of which linear and quadratic differ
async def test_terms_of_eight_times_the_numbers_take_not_many_times_as_long(
    opened: tuple[Connection, EmbeddingModel],
) -> None:
    conn, _ = opened

    async def seconds(numbers: int) -> float:
        """The least time of three."""
        times = []
        for _ in range(3):
            began = time.perf_counter()
            cursor = await conn.execute(
                "SELECT cardinality(metadata_terms(%s, %s)) AS terms", [MINE, Jsonb({"a": [1] * numbers})]
            )
            times.append(time.perf_counter() - began)
            [row] = await cursor.fetchall()
            assert row["terms"] == 1 + 8 * numbers
        return min(times)

    few, many = await seconds(1_000), await seconds(8_000)
    assert many < 32 * few
