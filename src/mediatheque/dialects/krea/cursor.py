"""Krea's cursors: date-times, as the vendor's are, that part assets of one moment.

The fraction of a cursor of ours goes on behind the microseconds with the asset's id, as 39 decimal digits. Any other
date-time means what is strictly older than it.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediatheque.errors import InvalidQuery
from mediatheque.model import Cursor

_MICROSECONDS, _ID = 6, 39
# RFC 3339; the space is a plus sign that was not escaped.
_FORM = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+ -]\d\d:\d\d)", re.ASCII)
_FIRST = UUID(int=0)


def cursor_of(position: Cursor) -> str:
    """The position as a date-time."""
    moment = position.created_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{moment}{position.id.int:0{_ID}d}Z"


def cursor_at(cursor: str | None) -> Cursor | None:
    """The position behind a cursor; None for none or an empty one. `InvalidQuery` for what is no date-time."""
    if not cursor:
        return None
    try:
        return _parsed(cursor)
    except (ValueError, OverflowError):
        raise InvalidQuery("cursor must be a date-time.", param="cursor") from None


def _parsed(cursor: str) -> Cursor:
    form = _FORM.fullmatch(cursor)
    if form is None:
        raise ValueError(cursor)
    day, time, fraction, offset = form.groups(default="")
    moment = datetime.fromisoformat(f"{day}T{time}{offset.replace(' ', '+').upper()}").astimezone(UTC)
    moment += timedelta(microseconds=int(fraction[:_MICROSECONDS].ljust(_MICROSECONDS, "0")))
    rest = fraction[_MICROSECONDS:]
    if len(rest) == _ID:
        return Cursor(moment, UUID(int=int(rest)))
    # What is older than a part of a microsecond is as old as that microsecond.
    return Cursor(moment + timedelta(microseconds=1 if rest.strip("0") else 0), _FIRST)
