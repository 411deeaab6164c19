"""Where a list goes on: positions in the order of assets and folders, as text that callers hand back."""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediatheque.errors import InvalidQuery
from mediatheque.library.search.hybrid import MAX_RESULTS, SHORT_ID_BYTES, SearchPage, ShownIds, short_id
from mediatheque.model import Asset, Cursor, Folder

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = struct.Struct(">q16s")
_OFFSET = struct.Struct(">I")
_SEARCH_PREFIX = "s."


def next_cursor(shown: Sequence[Asset | Folder], more: bool) -> Cursor | None:
    """Where the next page begins: behind the last one shown; None where nothing follows, or nothing was shown."""
    return Cursor(shown[-1].created_at, shown[-1].id) if more and shown else None


def next_token(shown: Sequence[Asset | Folder], more: bool) -> str | None:
    """The same as a token."""
    position = next_cursor(shown, more)
    return token_of_cursor(position) if position else None


def token_of_cursor(position: Cursor) -> str:
    """An opaque token of 32 URL-safe characters."""
    moment = (position.created_at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(_CURSOR.pack(moment, position.id.bytes)).decode()


def cursor_of(token: str | None, *, param: str = "token") -> Cursor | None:
    """The position behind a token; None for none or an empty one. `InvalidQuery` for what this server never made."""
    if not token:
        return None
    try:
        moment, id = _CURSOR.unpack(_decode_base64(token))
        return Cursor(_EPOCH + moment * _MICROSECOND, UUID(bytes=id))
    except (ValueError, struct.error, OverflowError):
        raise InvalidQuery(f"This {param} is not one that a list has answered.", param=param) from None


def next_search_token(found: SearchPage, seen: ShownIds) -> str | None:
    """A token for where a search goes on: what it has shown on this page and before, 7 characters for each. None where
    nothing follows."""
    if not (found.more and found.hits):
        return None
    marks = [*seen, *(short_id(hit.asset.id) for hit in found.hits)]
    return _SEARCH_PREFIX + urlsafe_b64encode(b"".join(marks)).decode().rstrip("=")


def shown_ids_of(token: str | None, *, param: str = "token") -> frozenset[bytes]:
    """What a search has shown, none for no token. `InvalidQuery` for what this server never made."""
    if not token:
        return frozenset()
    text = token.removeprefix(_SEARCH_PREFIX)
    try:
        shown = _decode_base64(text)
    except ValueError:
        shown = b""
    if text == token or not shown or len(shown) % SHORT_ID_BYTES or len(shown) > SHORT_ID_BYTES * MAX_RESULTS:
        raise InvalidQuery(f"This {param} is not one that a search has answered.", param=param)
    return frozenset(shown[at : at + SHORT_ID_BYTES] for at in range(0, len(shown), SHORT_ID_BYTES))


def page_size(text: str | None, *, minimum: int, maximum: int, default: int, param: str = "limit") -> int:
    """A page's size, or another small number. `InvalidQuery` for what is no whole number from `least` to `most`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(maximum)) and minimum <= int(text) <= maximum):
        raise InvalidQuery(f"{param} must be a whole number from {minimum} to {maximum}.", param=param)
    return int(text)


def clamped_page_size(text: str | None, *, maximum: int, default: int) -> int:
    """A page's size, where asking for too much is no mistake. `InvalidQuery` for no whole number from 1."""
    digits = (text or "").lstrip("0")
    if digits.isascii() and digits.isdigit():
        return maximum if len(digits) > len(str(maximum)) else min(int(digits), maximum)
    return page_size(text, minimum=1, maximum=maximum, default=default)


def offset_token(offset: int) -> str:
    """A token for a place in a list that does not change: one of a hundred ids, or a batch's items."""
    return urlsafe_b64encode(_OFFSET.pack(offset)).decode().rstrip("=")


def offset_of(token: str | None) -> int:
    """The place behind a token, 0 for none. `InvalidQuery` for what this server never made."""
    if not token:
        return 0
    try:
        return int(_OFFSET.unpack(_decode_base64(token))[0])
    except (ValueError, struct.error):
        raise InvalidQuery("This token is not one that a list has answered.", param="token") from None


def _decode_base64(text: str) -> bytes:
    """What the characters stand for. `ValueError` if one of them is none of Base64's."""
    return b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
