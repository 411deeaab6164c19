"""Tokens of positions in ordered lists of assets, as opaque text."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from mediatheque.errors import InvalidQuery
from mediatheque.http.request.pagination import decode_base64
from mediatheque.model import Order, Position, Sort

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PREFIX = "p."
_KINDS = {Sort.CREATED_AT: int, Sort.TITLE: str, Sort.SIZE: int, Sort.DURATION: float}
_INTEGERS = range(-(2**63), 2**63)


class _Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    by: Sort
    descending: bool
    key: int | float | str
    id: UUID


def token_of_position(position: Position, order: Order) -> str:
    """Encode the position, with the order that it belongs to."""
    key = position.key
    sent = (key - _EPOCH) // _MICROSECOND if isinstance(key, datetime) else key
    token = msgspec.msgpack.encode(_Token(order.by, order.descending, sent, position.id))
    return _PREFIX + urlsafe_b64encode(token).decode().rstrip("=")


def position_of(token: str | None, order: Order, *, param: str = "cursor") -> Position | None:
    """Decode the token of a position; None if it is missing or empty.

    Raises `InvalidQuery` when it is malformed, or of a list in another order.
    """
    if not token:
        return None
    try:
        decoded = msgspec.msgpack.decode(decode_base64(token.removeprefix(_PREFIX)), type=_Token)
        key = _key(decoded, order)
    except (ValueError, OverflowError, msgspec.DecodeError):
        raise InvalidQuery(f"This {param} is not one that a list in this order has answered.", param=param) from None
    return Position(key, decoded.id)


def _key(token: _Token, order: Order) -> datetime | str | int | float:
    key = token.key
    if (token.by, token.descending) != (order.by, order.descending) or type(key) is not _KINDS[order.by]:
        raise ValueError("a token of another order")
    if isinstance(key, int) and key not in _INTEGERS:
        raise ValueError("no such size")
    if isinstance(key, str) and "\0" in key:
        raise ValueError("no such title")
    return _EPOCH + timedelta(microseconds=key) if isinstance(key, int) and order.by is Sort.CREATED_AT else key
