from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.http.files.conditional import Outcome, evaluate, range_applies


class Shown(NamedTuple):
    etag: str
    modified: datetime


SHOWN = Shown('"abc"', datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC))
THEN = "Sat, 21 Nov 2026 12:00:00 GMT"
BEFORE = "Sat, 21 Nov 2026 11:59:59 GMT"
AFTER = "Sun, 22 Nov 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, Outcome.PROCEED),
        ({"if-match": '"abc"'}, Outcome.PROCEED),
        ({"if-match": '"x", "abc"'}, Outcome.PROCEED),
        ({"if-match": "*"}, Outcome.PROCEED),
        ({"if-match": 'W/"abc"'}, Outcome.PRECONDITION_FAILED),
        ({"if-match": '"x"'}, Outcome.PRECONDITION_FAILED),
        ({"if-match": ""}, Outcome.PRECONDITION_FAILED),
        ({"if-match": '"abc"', "if-unmodified-since": BEFORE}, Outcome.PROCEED),
        ({"if-unmodified-since": BEFORE}, Outcome.PRECONDITION_FAILED),
        ({"if-unmodified-since": THEN}, Outcome.PROCEED),
        ({"if-unmodified-since": "yesterday"}, Outcome.PROCEED),
        ({"if-none-match": '"abc"'}, Outcome.NOT_MODIFIED),
        ({"if-none-match": 'W/"abc"'}, Outcome.NOT_MODIFIED),
        ({"if-none-match": '"x,y" ,W/"z", "abc"'}, Outcome.NOT_MODIFIED),
        ({"if-none-match": "*"}, Outcome.NOT_MODIFIED),
        ({"if-none-match": '"abcd"'}, Outcome.PROCEED),
        ({"if-none-match": "abc"}, Outcome.PROCEED),
        ({"if-none-match": '"x"', "if-modified-since": AFTER}, Outcome.PROCEED),
        ({"if-modified-since": THEN}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": AFTER}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": BEFORE}, Outcome.PROCEED),
        ({"if-modified-since": "Saturday, 21-Nov-26 12:00:00 GMT"}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": "Sat Nov 21 12:00:00 2026"}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": "x" * 10_000}, Outcome.PROCEED),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, Outcome.PRECONDITION_FAILED),
    ],
)
def test_in_the_order_of_the_rfc(headers: dict[str, str], outcome: Outcome) -> None:
    assert evaluate(headers, SHOWN) is outcome


@pytest.mark.parametrize(
    ("value", "applies"),
    [(None, True), ('"abc"', True), ('W/"abc"', False), ('"x"', False), (THEN, True), (BEFORE, False), (AFTER, False)],
)
def test_if_range(value: str | None, applies: bool) -> None:
    assert range_applies({} if value is None else {"if-range": value}, SHOWN) is applies


@given(st.text(max_size=64))
def test_no_date_breaks_it(text: str) -> None:
    evaluate({"if-modified-since": text}, SHOWN)
    evaluate({"if-unmodified-since": f"Sat, {text} 12:00:00 GMT"}, SHOWN)
    range_applies({"if-range": text}, SHOWN)


@given(st.integers(0, 99999), st.integers(0, 999), st.integers(0, 99), st.integers(-9999, 9999))
def test_no_number_in_a_date_breaks_it(year: int, day: int, hour: int, zone: int) -> None:
    evaluate({"if-modified-since": f"Sat, {day} Nov {year} {hour}:00:00 {zone:+05d}"}, SHOWN)
