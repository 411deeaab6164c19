"""Conditional requests (RFC 9110 section 13): ETag, If-Match and If-None-Match over the revision of a resource."""

import re

import msgspec

from mediatheque.errors import Invalid, PreconditionFailed
from mediatheque.http.context import AppRequest

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*')
_MAX_REVISION = 2**31 - 1  # PostgreSQL's integer


class _Revised(msgspec.Struct):
    revision: int | None = None


def etag_of(revision: int) -> bytes:
    """Return the entity tag of a revision."""
    return b'"%d"' % revision


def revision_in(body: bytes) -> int | None:
    """Return the revision in an encoded answer."""
    return msgspec.json.decode(body, type=_Revised).revision


def is_unchanged(request: AppRequest, etag: bytes) -> bool:
    """Whether If-None-Match names the tag, by the weak comparison that the RFC requires of it."""
    sent: str | None = request.headers.get("if-none-match")
    if sent is None:
        return False
    return sent.strip() == "*" or etag.decode() in (tag.strip().removeprefix("W/") for tag in sent.split(","))


def revision_of_if_match(request: AppRequest) -> int | None:
    """Return the revision in If-Match; None without the header, and for `*`.

    Raises `PreconditionFailed` for a tag that no answer had, and `Invalid` for anything but one entity tag.
    """
    sent: str | None = request.headers.get("if-match")
    if sent is None or sent.strip() == "*":
        return None
    if not _TAGS.fullmatch(sent):
        raise Invalid("If-Match must be one ETag in quotes, or *.", param="If-Match")
    digits = sent.strip()[1:-1]
    if not re.fullmatch("[1-9][0-9]{0,9}", digits) or int(digits) > _MAX_REVISION:
        raise PreconditionFailed
    return int(digits)
