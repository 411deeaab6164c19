"""Ranges of numbers as the intervals that the index of metadata has.

The SQL function `metadata_terms` (migration `finding`) names the intervals in which a number lies by its sign and the
first digits of its absolute value as a float8, in hexadecimal: these are in the order of the numbers.
"""

import struct
from collections.abc import Iterator

_DIGITS = 7
"""Digits of the smallest intervals: their ends differ by a 65,536th of the number."""
_BASE = 16
_LEAST, _MOST = 1e-300, 1e308  # absolute values outside count as 0 and as the greatest


def cover(low: float | None, high: float | None) -> list[str]:
    """Return the fewest intervals that contain every number from `low` to `high`; None is no bound.

    They contain a few more numbers. At most 210 are returned, none if `high` is less than `low`.
    """
    low = -_MOST if low is None else _clamp(low)
    high = _MOST if high is None else _clamp(high)
    if low > high:
        return []
    negative = _cover(-min(high, 0.0), -low) if low < 0 else ()
    positive = _cover(max(low, 0.0), high) if high >= 0 else ()
    return [*(f"#-{digits}" for digits in negative), *(f"#+{digits}" for digits in positive)]


def _cover(low: float, high: float) -> Iterator[str]:
    first, last = _first_digits(low), _first_digits(high)
    while first <= last:
        digits, size = _DIGITS, 1
        while digits > 1 and first % (size * _BASE) == 0 and first + size * _BASE - 1 <= last:
            digits, size = digits - 1, size * _BASE
        yield f"{first // size:0{digits}x}"
        first += size


def _first_digits(number: float) -> int:
    return int(struct.pack(">d", abs(number)).hex()[:_DIGITS], _BASE)


def _clamp(number: float) -> float:
    if abs(number) < _LEAST:
        return 0.0
    return max(-_MOST, min(number, _MOST))
