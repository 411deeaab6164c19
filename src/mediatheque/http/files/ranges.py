"""The Range header (RFC 9110 section 14), parsed in one pass and a small sort."""

from typing import NamedTuple

MAX_SPECS = 50
MAX_RANGES = 5
_PAST_ANY_END = 10**18
_MAX_DIGITS = 18


class ByteRange(NamedTuple):
    """`length` bytes from `start`; never empty, always inside the file."""

    start: int
    length: int

    def content_range(self, size: int) -> bytes:
        """Return the value of Content-Range, for a file of `size` bytes."""
        return b"bytes %d-%d/%d" % (self.start, self.start + self.length - 1, size)


def parse_range(header: str, size: int) -> tuple[ByteRange, ...] | None:
    """Parse a Range header for a file of `size` bytes.

    None means to ignore the header: it is malformed, has another unit, lists more than 50 ranges, or more than 5
    after merging those that touch or overlap. An empty tuple means that no range can be satisfied (416). Otherwise
    the ranges are in the order of the header.
    """
    unit, equals, listed = header.partition("=")
    if not equals or unit.strip().lower() != "bytes" or size <= 0 or listed.count(",") >= MAX_SPECS:
        return None
    requested: list[tuple[int, int]] = []
    specs = [spec for item in listed.split(",") if (spec := item.strip(" \t"))]
    for spec in specs:
        bounds = _parse_spec(spec, size)
        if bounds is None:
            return None
        requested.append(bounds)
    ranges = _merge([(first, last) for first, last in requested if first <= last])
    return ranges if specs and len(ranges) <= MAX_RANGES else None


def _parse_spec(spec: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last position; first > last means outside the file, None malformed."""
    before, dash, after = spec.partition("-")
    first, last = _parse_position(before), _parse_position(after)
    if not dash or (before and first is None) or (after and last is None):
        return None
    if first is None:
        return None if last is None else (max(0, size - last), size - 1)
    if last is not None and last < first:
        return None
    return first, size - 1 if last is None else min(last, size - 1)


def _parse_position(digits: str) -> int | None:
    if not (digits.isascii() and digits.isdigit()):
        return None
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else _PAST_ANY_END


def _merge(bounds: list[tuple[int, int]]) -> tuple[ByteRange, ...]:
    """Merge ranges that touch or overlap. A merged range takes the position of its first member in the header."""
    groups: list[list[int]] = []
    for first, last, position in sorted((first, last, position) for position, (first, last) in enumerate(bounds)):
        if groups and first <= groups[-1][1] + 1:
            groups[-1][1] = max(groups[-1][1], last)
            groups[-1][2] = min(groups[-1][2], position)
        else:
            groups.append([first, last, position])
    groups.sort(key=lambda group: group[2])
    return tuple(ByteRange(first, last - first + 1) for first, last, _ in groups)
