"""Conditional requests (RFC 9110 section 13): ETag, If-Match and If-None-Match over the revision of a resource."""

import re

import msgspec

from mediatheque.errors import Invalid, PreconditionFailed
from mediatheque.http.context import AppRequest

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_REVISION = re.compile(r"[0-9a-z]{1,32}")


class _Revised(msgspec.Struct):
    revision: str | None = None


def etag_of(revision: str) -> bytes:
    """Return the entity tag of a revision."""
    return f'"{revision}"'.encode()


def revision_in(body: bytes) -> str | None:
    """Return the revision in an encoded answer."""
    return msgspec.json.decode(body, type=_Revised).revision


def is_unchanged(request: AppRequest, etag: bytes) -> bool:
    """Whether If-None-Match names the tag, by the weak comparison that the RFC requires of it."""
    sent: str | None = request.headers.get("if-none-match")
    if sent is None:
        return False
    return sent.strip() == "*" or etag.decode() in (tag.strip().removeprefix("W/") for tag in sent.split(","))


def revision_of_if_match(request: AppRequest) -> str | None:
    """Return the revision in If-Match; None without the header, and for `*`.

    Raises `PreconditionFailed` for a tag that no answer had, and `Invalid` for anything but one entity tag.
    """
    sent: str | None = request.headers.get("if-match")
    if sent is None or sent.strip() == "*":
        return None
    tag = _TAG.fullmatch(sent.strip())
    if tag is None:
        raise Invalid("If-Match must be one ETag in quotes, or *.", param="If-Match")
    if tag[1] or not _REVISION.fullmatch(tag[2]):  # the comparison is strong: a weak tag matches nothing
        raise PreconditionFailed(param="If-Match")
    return tag[2]
