"""The values of comparisons, checked."""

import enum
import math
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from mediatheque.model import Field, Kind, Scalar

E = TypeVar("E", bound=enum.StrEnum)
NUMBERS = (Field.SIZE, Field.WIDTH, Field.HEIGHT, Field.DURATION)
"""Fields whose values are numbers."""
_MAX_TEXT = 2000
_IDS = (Field.FOLDER, Field.TAG, Field.COLLECTION)
_INTEGERS = range(-(2**63), 2**63)


class InvalidCondition(ValueError):
    """A part of a comparison is not valid; `part` is field, op, value, or value[i]."""

    def __init__(self, part: str, message: str) -> None:
        self.part = part
        self.message = message
        super().__init__(f"{part}: {message}")


def value_of(field: Field, value: object, part: str) -> Any:
    """Return the value as one of the field. Raises `InvalidCondition`, as all of these do."""
    if field is Field.CREATED_AT:
        return _timestamp(value, part)
    if field is Field.TYPE:
        return choice(Kind, value, part).value
    if field is Field.FAVORITE:
        if not isinstance(value, bool):
            raise InvalidCondition(part, "expected true or false")
        return value
    if field is Field.DURATION:
        return float(number(value, part))
    if field in NUMBERS:
        return _whole(value, part)
    return _id(value, part) if field in _IDS else _text(value, part)


def _timestamp(value: object, part: str) -> datetime:
    """Parse ISO 8601, in UTC unless it has an offset, or seconds since 1970."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidCondition(part, "expected a time in ISO 8601, or in seconds since 1970")


def _whole(value: object, part: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _INTEGERS:
        raise InvalidCondition(part, "expected a whole number")
    return value


def number(value: object, part: str) -> int | float:
    """Return a number that float8 can hold; whole ones keep all their digits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return value
        except OverflowError:  # an integer of more than 308 digits
            pass
    raise InvalidCondition(part, "expected a number")


def _id(value: object, part: str) -> UUID:
    try:
        return UUID(_text(value, part))
    except ValueError:
        raise InvalidCondition(part, "expected an id") from None


def scalar(value: object, part: str) -> Scalar:
    """Return a value as JSON has them, but no null, list or object."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(value, part)
    if isinstance(value, str) and len(value) <= _MAX_TEXT and "\0" not in value:
        return value
    raise InvalidCondition(part, f"expected true, false, a number, or a text of at most {_MAX_TEXT} characters")


def _text(value: object, part: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_TEXT:
        raise InvalidCondition(part, f"expected a text of 1 to {_MAX_TEXT} characters")
    if "\0" in value:
        raise InvalidCondition(part, "contains a NUL character")
    return value


def choice(members: type[E], value: object, part: str) -> E:
    """Return the member that the value names."""
    if not isinstance(value, str) or value not in set(members):
        raise InvalidCondition(part, f"expected one of {', '.join(members)}")
    return members(value)
