"""The Range header (RFC 9110 section 14), in one pass and a small sort."""

from typing import NamedTuple

MAX_SPECS = 50
MAX_RANGES = 5
_BEYOND = 10**18
_DIGITS = 18


class ByteRange(NamedTuple):
    """`length` bytes from `start` on; never empty, always inside the file."""

    start: int
    length: int

    def content_range(self, size: int) -> bytes:
        """As the Content-Range header says it, of a file of `size` bytes."""
        return b"bytes %d-%d/%d" % (self.start, self.start + self.length - 1, size)


def parse_range(header: str, size: int) -> tuple[ByteRange, ...] | None:
    """What a Range header asks of a file of `size` bytes.

    `None`: answer as if there were no header (malformed, another unit, more than 50 ranges, or more than 5
    after touching and overlapping ones are joined). Empty: nothing of it can be satisfied (416). Else the
    spans in the order asked for.
    """
    unit, equals, listed = header.partition("=")
    if not equals or unit.strip().lower() != "bytes" or size <= 0 or listed.count(",") >= MAX_SPECS:
        return None
    wanted: list[tuple[int, int]] = []
    specs = [spec for item in listed.split(",") if (spec := item.strip(" \t"))]
    for spec in specs:
        bounds = _parse_spec(spec, size)
        if bounds is None:
            return None
        wanted.append(bounds)
    joined = _merge([(first, last) for first, last in wanted if first <= last])
    return joined if specs and len(joined) <= MAX_RANGES else None


def _parse_spec(spec: str, size: int) -> tuple[int, int] | None:
    """First and last position, first > last when it lies outside the file; `None` when malformed."""
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
    return int(digits or "0") if len(digits) <= _DIGITS else _BEYOND


def _merge(bounds: list[tuple[int, int]]) -> tuple[ByteRange, ...]:
    """Touching and overlapping ones become one, which takes the place of the first asked for."""
    groups: list[list[int]] = []
    for first, last, place in sorted((first, last, place) for place, (first, last) in enumerate(bounds)):
        if groups and first <= groups[-1][1] + 1:
            groups[-1][1] = max(groups[-1][1], last)
            groups[-1][2] = min(groups[-1][2], place)
        else:
            groups.append([first, last, place])
    groups.sort(key=lambda group: group[2])
    return tuple(ByteRange(first, last - first + 1) for first, last, _ in groups)
