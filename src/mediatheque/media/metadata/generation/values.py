"""Values of untrusted JSON, as the fields of a generation take them."""

import json
import re
from typing import Any

_MAX_TEXT = 1 << 20
_MAX_DIGITS = 20
_SIZE = re.compile(r"\D{0,3}(\d{1,6})\D{1,4}(\d{1,6})\D{0,3}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)


def parse_object(text: str | None) -> dict[str, Any] | None:
    """Return the JSON object; None for everything else. NaN, which Python's writers leave in, is null."""
    if not text or len(text) > _MAX_TEXT or not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text, parse_constant=lambda _: None, parse_int=_integer)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def text(value: Any) -> str | None:
    """Return the text; None for an empty one and for what is none."""
    return value if isinstance(value, str) and value.strip() else None


def integer(value: Any) -> int | None:
    """Return a whole number, which may be written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and abs(value) < 1 << 53:
        return int(value) if value == int(value) else None
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) else None


def number(value: Any) -> float | None:
    """Return a number, which may be written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def size(value: Any) -> tuple[int | None, int | None]:
    """Return width and height of a text like `512x768` or `(512, 768)`."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(found[1]), int(found[2])) if found else (None, None)


def mapping(value: Any) -> dict[str, Any]:
    """Return the object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}
