"""Conditional requests (RFC 9110 section 13) against one strong entity tag and one date."""

import enum
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

_MAX_DATE_LENGTH = 64


class Outcome(enum.Enum):
    """What the preconditions decide."""

    PROCEED = 200
    NOT_MODIFIED = 304
    PRECONDITION_FAILED = 412


class Validators(Protocol):
    """`etag` with its quotes; `modified` aware, in whole seconds."""

    @property
    def etag(self) -> str: ...  # noqa: D102 - the class says it

    @property
    def modified(self) -> datetime: ...  # noqa: D102 - the class says it


def evaluate(headers: dict[str, str], shown: Validators) -> Outcome:
    """Section 13.2.2, for GET and HEAD. `headers` has lower-case names. Dates that are none are ignored."""
    if (tags := headers.get("if-match")) is not None:
        if not _matches(tags, shown.etag, weak=False):
            return Outcome.PRECONDITION_FAILED
    elif (date := _parse_date(headers.get("if-unmodified-since"))) is not None and shown.modified > date:
        return Outcome.PRECONDITION_FAILED
    if (tags := headers.get("if-none-match")) is not None:
        return Outcome.NOT_MODIFIED if _matches(tags, shown.etag, weak=True) else Outcome.PROCEED
    if (date := _parse_date(headers.get("if-modified-since"))) is not None and shown.modified <= date:
        return Outcome.NOT_MODIFIED
    return Outcome.PROCEED


def range_applies(headers: dict[str, str], shown: Validators) -> bool:
    """If-Range: the same tag, or the same date (bytes under a URL never change, so the date is strong)."""
    value = headers.get("if-range")
    if value is None:
        return True
    return value.strip() == shown.etag or _parse_date(value) == shown.modified


def _matches(tags: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags holds ours, which holds no comma: splitting at commas is exact."""
    if tags.strip() == "*":
        return True
    known = {etag, f"W/{etag}"} if weak else {etag}
    return any(tag.strip() in known for tag in tags.split(","))


def _parse_date(value: str | None) -> datetime | None:
    if value is None or len(value) > _MAX_DATE_LENGTH:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
