"""Conditional requests (RFC 9110 section 13) against one strong entity tag and one date."""

import enum
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mediatheque.http.files.headers import Representation

_MAX_DATE_LENGTH = 64


class Outcome(enum.Enum):
    """What the preconditions decide, as the status of the response."""

    PROCEED = 200
    NOT_MODIFIED = 304
    PRECONDITION_FAILED = 412


def evaluate(headers: dict[str, str], representation: Representation) -> Outcome:
    """Evaluate the preconditions of a GET or HEAD in the order of section 13.2.2.

    The names of `headers` are in lower case. Malformed dates are ignored.
    """
    etag, modified = representation.etag, representation.modified
    if (tags := headers.get("if-match")) is not None:
        if not _matches(tags, etag, weak=False):
            return Outcome.PRECONDITION_FAILED
    elif (date := _parse_date(headers.get("if-unmodified-since"))) is not None and modified > date:
        return Outcome.PRECONDITION_FAILED
    if (tags := headers.get("if-none-match")) is not None:
        return Outcome.NOT_MODIFIED if _matches(tags, etag, weak=True) else Outcome.PROCEED
    if (date := _parse_date(headers.get("if-modified-since"))) is not None and modified <= date:
        return Outcome.NOT_MODIFIED
    return Outcome.PROCEED


def range_applies(headers: dict[str, str], representation: Representation) -> bool:
    """Evaluate If-Range: the entity tag or the date must be equal.

    The date counts as a strong validator because the bytes under a URL never change.
    """
    value = headers.get("if-range")
    if value is None:
        return True
    return value.strip() == representation.etag or _parse_date(value) == representation.modified


def _matches(tags: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags contains `etag`. Splitting at commas is exact because `etag` has no comma."""
    if tags.strip() == "*":
        return True
    accepted = {etag, f"W/{etag}"} if weak else {etag}
    return any(tag.strip() in accepted for tag in tags.split(","))


def _parse_date(value: str | None) -> datetime | None:
    if value is None or len(value) > _MAX_DATE_LENGTH:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
