"""Krea's cursors: date-times, as the vendor's are, that also tell apart assets of the same microsecond.

A cursor made here has the asset's id after the microseconds of its fraction, as 39 decimal digits. Any other date-time
stands for the assets that are strictly older than it.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediatheque.errors import InvalidQuery
from mediatheque.model import Cursor

_MICROSECOND_DIGITS, _ID_DIGITS = 6, 39
# RFC 3339; a space stands for a plus sign that the client did not escape.
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+ -]\d\d:\d\d)", re.ASCII)
_MIN_ID = UUID(int=0)


def format_cursor(position: Cursor) -> str:
    """Format the position as a date-time."""
    moment = position.created_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{moment}{position.id.int:0{_ID_DIGITS}d}Z"


def parse_cursor(cursor: str | None) -> Cursor | None:
    """Return the position of a cursor; None if it is absent or empty. Raises `InvalidQuery` for another text."""
    if not cursor:
        return None
    try:
        return _parse(cursor)
    except (ValueError, OverflowError):
        raise InvalidQuery("cursor must be a date-time.", param="cursor") from None


def _parse(cursor: str) -> Cursor:
    match = _DATE_TIME.fullmatch(cursor)
    if match is None:
        raise ValueError(cursor)
    day, time, fraction, offset = match.groups(default="")
    moment = datetime.fromisoformat(f"{day}T{time}{offset.replace(' ', '+').upper()}").astimezone(UTC)
    moment += timedelta(microseconds=int(fraction[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")))
    rest = fraction[_MICROSECOND_DIGITS:]
    if len(rest) == _ID_DIGITS:
        return Cursor(moment, UUID(int=int(rest)))
    # Assets have whole microseconds: "older than 1.5" includes 1, so round up.
    return Cursor(moment + timedelta(microseconds=1 if rest.strip("0") else 0), _MIN_ID)
