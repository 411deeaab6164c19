"""Conditional requests (RFC 9110 section 13) against one strong entity tag and one date."""

import enum
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

_MAX_DATE = 64


class Outcome(enum.Enum):
    """What the preconditions decide."""

    PROCEED = 200
    UNMODIFIED = 304
    FAILED = 412


class Validators(Protocol):
    """`etag` with its quotes; `modified` aware, in whole seconds."""

    @property
    def etag(self) -> str: ...  # noqa: D102 - the class says it

    @property
    def modified(self) -> datetime: ...  # noqa: D102 - the class says it


def evaluate(headers: dict[str, str], shown: Validators) -> Outcome:
    """Section 13.2.2, for GET and HEAD. `headers` has lower-case names. Dates that are none are ignored."""
    if (tags := headers.get("if-match")) is not None:
        if not _lists(tags, shown.etag, weak=False):
            return Outcome.FAILED
    elif (date := _date(headers.get("if-unmodified-since"))) is not None and shown.modified > date:
        return Outcome.FAILED
    if (tags := headers.get("if-none-match")) is not None:
        return Outcome.UNMODIFIED if _lists(tags, shown.etag, weak=True) else Outcome.PROCEED
    if (date := _date(headers.get("if-modified-since"))) is not None and shown.modified <= date:
        return Outcome.UNMODIFIED
    return Outcome.PROCEED


def range_applies(headers: dict[str, str], shown: Validators) -> bool:
    """If-Range: the same tag, or the same date (bytes under a URL never change, so the date is strong)."""
    value = headers.get("if-range")
    if value is None:
        return True
    return value.strip() == shown.etag or _date(value) == shown.modified


def _lists(tags: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags holds ours, which holds no comma: splitting at commas is exact."""
    if tags.strip() == "*":
        return True
    known = {etag, f"W/{etag}"} if weak else {etag}
    return any(tag.strip() in known for tag in tags.split(","))


def _date(value: str | None) -> datetime | None:
    if value is None or len(value) > _MAX_DATE:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
