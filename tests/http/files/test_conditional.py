from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.http.files.conditional import Outcome, evaluate, range_applies
from mediatheque.http.files.headers import represent

REPRESENTATION = represent(
    size=1, mime="image/png", name="x", sha256=b"abc", created_at=datetime(2026, 11, 21, 12, tzinfo=UTC)
)
ETAG = REPRESENTATION.etag
THEN = "Sat, 21 Nov 2026 12:00:00 GMT"
BEFORE = "Sat, 21 Nov 2026 11:59:59 GMT"
AFTER = "Sun, 22 Nov 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, Outcome.PROCEED),
        ({"if-match": ETAG}, Outcome.PROCEED),
        ({"if-match": f'"x", {ETAG}'}, Outcome.PROCEED),
        ({"if-match": "*"}, Outcome.PROCEED),
        ({"if-match": f"W/{ETAG}"}, Outcome.PRECONDITION_FAILED),
        ({"if-match": '"x"'}, Outcome.PRECONDITION_FAILED),
        ({"if-match": ""}, Outcome.PRECONDITION_FAILED),
        ({"if-match": ETAG, "if-unmodified-since": BEFORE}, Outcome.PROCEED),
        ({"if-unmodified-since": BEFORE}, Outcome.PRECONDITION_FAILED),
        ({"if-unmodified-since": THEN}, Outcome.PROCEED),
        ({"if-unmodified-since": "yesterday"}, Outcome.PROCEED),
        ({"if-none-match": ETAG}, Outcome.NOT_MODIFIED),
        ({"if-none-match": f"W/{ETAG}"}, Outcome.NOT_MODIFIED),
        ({"if-none-match": f'"x,y" ,W/"z", {ETAG}'}, Outcome.NOT_MODIFIED),
        ({"if-none-match": "*"}, Outcome.NOT_MODIFIED),
        ({"if-none-match": f'{ETAG[:-1]}d"'}, Outcome.PROCEED),
        ({"if-none-match": ETAG.strip('"')}, Outcome.PROCEED),
        ({"if-none-match": '"x"', "if-modified-since": AFTER}, Outcome.PROCEED),
        ({"if-modified-since": THEN}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": AFTER}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": BEFORE}, Outcome.PROCEED),
        ({"if-modified-since": "Saturday, 21-Nov-26 12:00:00 GMT"}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": "Sat Nov 21 12:00:00 2026"}, Outcome.NOT_MODIFIED),
        ({"if-modified-since": "x" * 10_000}, Outcome.PROCEED),
        ({"if-match": '"x"', "if-none-match": ETAG}, Outcome.PRECONDITION_FAILED),
    ],
)
def test_preconditions_are_evaluated_in_rfc_order(headers: dict[str, str], outcome: Outcome) -> None:
    assert evaluate(headers, REPRESENTATION) is outcome


@pytest.mark.parametrize(
    ("value", "applies"),
    [(None, True), (ETAG, True), (f"W/{ETAG}", False), ('"x"', False), (THEN, True), (BEFORE, False), (AFTER, False)],
)
def test_range_applies_only_if_validator_is_equal(value: str | None, applies: bool) -> None:
    assert range_applies({} if value is None else {"if-range": value}, REPRESENTATION) is applies


@given(st.text(max_size=64))
def test_any_text_as_date_is_accepted(text: str) -> None:
    evaluate({"if-modified-since": text}, REPRESENTATION)
    evaluate({"if-unmodified-since": f"Sat, {text} 12:00:00 GMT"}, REPRESENTATION)
    range_applies({"if-range": text}, REPRESENTATION)


@given(st.integers(0, 99999), st.integers(0, 999), st.integers(0, 99), st.integers(-9999, 9999))
def test_any_number_in_a_date_is_accepted(year: int, day: int, hour: int, zone: int) -> None:
    evaluate({"if-modified-since": f"Sat, {day} Nov {year} {hour}:00:00 {zone:+05d}"}, REPRESENTATION)
