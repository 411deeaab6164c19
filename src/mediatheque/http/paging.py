"""Where a list goes on: positions in the order of assets, as text that callers hand back."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mediatheque.errors import Invalid
from mediatheque.model import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN = struct.Struct(">q16s")


def token_of(position: Position) -> str:
    """An opaque token of 32 URL-safe characters."""
    moment = (position.created_at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(_TOKEN.pack(moment, position.id.bytes)).decode()


def position_of(token: str | None, *, param: str = "token") -> Position | None:
    """The position behind a token; None for none or an empty one. `Invalid` for what this server never made."""
    if not token:
        return None
    try:
        moment, id = _TOKEN.unpack(urlsafe_b64decode(token.encode("ascii")))
        return Position(_EPOCH + moment * _MICROSECOND, UUID(bytes=id))
    except (ValueError, struct.error, OverflowError):
        raise Invalid(f"This {param} is not one that a list has answered.", param=param) from None


def limit_of(text: str | None, *, least: int, most: int, default: int) -> int:
    """A page's size. `Invalid` for what is no whole number from `least` to `most`."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise Invalid(f"limit must be a whole number from {least} to {most}.", param="limit")
    return int(text)
