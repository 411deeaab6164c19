import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediatheque.http.files.ranges import MAX_RANGES, MAX_SPECS, ByteRange, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-99", [(0, 100)]),
        ("bytes=10-", [(10, 90)]),
        ("bytes=-10", [(90, 10)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=50-1000", [(50, 50)]),
        ("BYTES=1-1", [(1, 1)]),
        ("bytes= 1-1 ,\t3-3, ,", [(1, 1), (3, 1)]),
        ("bytes=90-99,0-9", [(90, 10), (0, 10)]),
        ("bytes=0-10,5-20", [(0, 21)]),
        ("bytes=0-9,10-19", [(0, 20)]),
        ("bytes=80-,0-9,-30", [(70, 30), (0, 10)]),
        ("bytes=0-9,200-300", [(0, 10)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        (f"bytes={'9' * 5000}-", []),
        (f"bytes=0-{'9' * 5000}", [(0, 100)]),
        ("bytes=" + "0" * 5000 + "1-1", [(1, 1)]),
    ],
)
def test_well_formed_header_gives_ranges_in_order(header: str, expected: list[tuple[int, int]]) -> None:
    assert parse_range(header, 100) == tuple(ByteRange(*pair) for pair in expected)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=--1",
        "bytes=1",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=0-1,x",
        "bytes=²-³",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes=1 - 2",
        "items=0-1",
        "bytes = 0-1 bytes=0-1",
        "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 2 * (MAX_RANGES + 1), 2)),
        "bytes=" + ",".join(["0-1"] * (MAX_SPECS + 1)),
    ],
)
def test_malformed_or_excessive_header_is_ignored(header: str) -> None:
    assert parse_range(header, 100) is None


def test_header_for_an_empty_file_is_ignored() -> None:
    assert parse_range("bytes=0-", 0) is None


def test_huge_header_is_parsed_within_half_a_second() -> None:
    started = time.process_time()
    assert parse_range("bytes=" + "0-," * 130_000, 10**9) is None
    assert parse_range("bytes=" + "9" * 400_000 + "-", 10**9) == ()
    assert time.process_time() - started < 0.5


spec = st.one_of(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.integers(0, 60).map(lambda first: f"{first}-"),
    st.integers(0, 60).map(lambda length: f"-{length}"),
    st.sampled_from(["", " ", "x", "-", "1-2-3", "-1-2"]),
)


def enumerate_positions(specs: list[str], size: int) -> tuple[list[set[int]], bool]:
    """Sets of positions, and whether the header is well formed: RFC 9110 section 14.1.2 by enumeration."""
    requested: list[set[int]] = []
    for text in (text.strip() for text in specs):
        if not text:
            continue
        first, dash, last = text.partition("-")
        if not dash or not (first or last) or not (first + last).isdigit():
            return [], False
        if first and last and int(last) < int(first):
            return [], False
        if first:
            stop = int(last) + 1 if last else size
            requested.append({i for i in range(size) if int(first) <= i < stop})
        else:
            requested.append({i for i in range(size) if i >= size - int(last)})
    return requested, any(text.strip() for text in specs)


@given(specs=st.lists(spec, max_size=12), size=st.integers(1, 50))
@example(specs=["0-5", "3-9", "20-"], size=30)
def test_parse_range_equals_enumeration_of_positions(specs: list[str], size: int) -> None:
    found = parse_range("bytes=" + ",".join(specs), size)
    requested, well_formed = enumerate_positions(specs, size)
    if not well_formed:
        assert found is None
        return
    positions = set().union(*requested) if requested else set()
    runs = sum(1 for i in positions if i - 1 not in positions)
    if runs > MAX_RANGES:
        assert found is None
        return
    assert found is not None
    assert len(found) == runs
    assert sum(each.length for each in found) == len(positions)
    assert set().union(*(range(each.start, each.start + each.length) for each in found)) == positions
    firsts = [next(i for i, some in enumerate(requested) if some & set(range(*_bounds(each)))) for each in found]
    assert firsts == sorted(firsts)


def _bounds(each: ByteRange) -> tuple[int, int]:
    return each.start, each.start + each.length


@given(header=st.text(max_size=60), size=st.integers(0, 10**15))
def test_any_text_gives_none_or_ranges_inside_the_file(header: str, size: int) -> None:
    for text in (header, "bytes=" + header):
        found = parse_range(text, size)
        assert found is None or all(s.start >= 0 and s.length > 0 and s.start + s.length <= size for s in found)
