"""Pagination tokens: cursors, offsets and the ids that a search has shown, as opaque text."""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediatheque.errors import InvalidQuery
from mediatheque.library.search.hybrid import MAX_RESULTS, SHORT_ID_BYTES, SearchPage, ShownIds, short_id
from mediatheque.model import Asset, Collection, Cursor, Folder, Key, Workspace

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = struct.Struct(">q16s")
_OFFSET = struct.Struct(">I")
_SEARCH_PREFIX = "s."

Listed = Asset | Collection | Folder | Key | Workspace


def next_cursor(shown: Sequence[Listed], more: bool) -> Cursor | None:
    """Return the cursor after the last item shown; None if there are no more items or none was shown."""
    return Cursor(shown[-1].created_at, shown[-1].id) if more and shown else None


def next_token(shown: Sequence[Listed], more: bool) -> str | None:
    """Return the same cursor as a token."""
    cursor = next_cursor(shown, more)
    return token_of_cursor(cursor) if cursor else None


def token_of_cursor(cursor: Cursor) -> str:
    """Encode a cursor as an opaque token of 32 URL-safe characters."""
    microseconds = (cursor.created_at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(_CURSOR.pack(microseconds, cursor.id.bytes)).decode()


def cursor_of(token: str | None, *, param: str = "token") -> Cursor | None:
    """Decode the token of a cursor; None if it is missing or empty. Raises `InvalidQuery` when it is malformed."""
    if not token:
        return None
    try:
        microseconds, id = _CURSOR.unpack(decode_base64(token))
        return Cursor(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=id))
    except (ValueError, struct.error, OverflowError):
        raise InvalidQuery(f"This {param} is not one that a list has answered.", param=param) from None


def next_search_token(found: SearchPage, seen: ShownIds) -> str | None:
    """Return the token of a search's next page: the short ids shown so far, 7 characters for each.

    None if there are no more results.
    """
    if not (found.more and found.hits):
        return None
    short_ids = [*seen, *(short_id(hit.asset.id) for hit in found.hits)]
    return _SEARCH_PREFIX + urlsafe_b64encode(b"".join(short_ids)).decode().rstrip("=")


def shown_ids_of(token: str | None, *, param: str = "token") -> frozenset[bytes]:
    """Decode the short ids that a search has shown; none without a token.

    Raises `InvalidQuery` when the token is malformed.
    """
    if not token:
        return frozenset()
    text = token.removeprefix(_SEARCH_PREFIX)
    try:
        shown = decode_base64(text)
    except ValueError:
        shown = b""
    if text == token or not shown or len(shown) % SHORT_ID_BYTES or len(shown) > SHORT_ID_BYTES * MAX_RESULTS:
        raise InvalidQuery(f"This {param} is not one that a search has answered.", param=param)
    return frozenset(shown[at : at + SHORT_ID_BYTES] for at in range(0, len(shown), SHORT_ID_BYTES))


def page_size(text: str | None, *, minimum: int, maximum: int, default: int, param: str = "limit") -> int:
    """Parse a page size or another small number. Raises `InvalidQuery` unless it is within `minimum` and `maximum`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(maximum)) and minimum <= int(text) <= maximum):
        raise InvalidQuery(f"{param} must be a whole number from {minimum} to {maximum}.", param=param)
    return int(text)


def clamped_page_size(text: str | None, *, maximum: int, default: int) -> int:
    """Parse a page size; more than `maximum` counts as `maximum`. Raises `InvalidQuery` unless it is at least 1."""
    digits = (text or "").lstrip("0")
    if digits.isascii() and digits.isdigit():
        return maximum if len(digits) > len(str(maximum)) else min(int(digits), maximum)
    return page_size(text, minimum=1, maximum=maximum, default=default)


def offset_token(offset: int) -> str:
    """Encode an offset into a list that does not change, such as a batch's items, or a number in it as a token."""
    return urlsafe_b64encode(_OFFSET.pack(offset)).decode().rstrip("=")


def offset_of(token: str | None, *, param: str = "token") -> int:
    """Decode the token of an offset; 0 if it is missing or empty. Raises `InvalidQuery` when it is malformed."""
    if not token:
        return 0
    try:
        return int(_OFFSET.unpack(decode_base64(token))[0])
    except (ValueError, struct.error):
        raise InvalidQuery(f"This {param} is not one that a list has answered.", param=param) from None


def name_token(name: str) -> str:
    """Encode a position in a list that is sorted by unique names as an opaque token."""
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def name_of(token: str | None, *, param: str = "token") -> str:
    """Decode the token of a name; empty if it is missing or empty. Raises `InvalidQuery` when it is malformed."""
    try:
        name = decode_base64(token or "").decode()
    except ValueError:
        name = "\0"
    if "\0" in name:
        raise InvalidQuery(f"This {param} is not one that a list has answered.", param=param)
    return name


def decode_base64(text: str) -> bytes:
    """Decode unpadded URL-safe Base64. Raises ValueError on any other character."""
    return b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
