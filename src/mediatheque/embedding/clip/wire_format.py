"""Protobuf's fields walked where they lie, for files too large to be parsed."""

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}
_TYPE_BITS = 3
_CONTINUED = 0x80
_MAX_SHIFT = 63


class Field(NamedTuple):
    """A field of a message: its number, its content, and the whole with its tag and length."""

    number: int
    body: memoryview
    whole: memoryview


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message in their order. Raises ValueError when it is damaged or cut."""
    at = 0
    while at < len(message):
        tag, body = _varint(message, at)
        kind = tag & ((1 << _TYPE_BITS) - 1)
        if kind == _BYTES:
            size, body = _varint(message, body)
        elif kind == _VARINT:
            size = _varint(message, body)[1] - body
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise ValueError(f"there is no field of type {kind}")
        end = body + size
        if end > len(message):
            raise ValueError("the file is cut")
        yield Field(tag >> _TYPE_BITS, message[body:end], message[at:end])
        at = end


def field_start(number: int, size: int) -> bytes:
    """Return the tag and the length of a field with so many bytes of content."""
    return _as_varint(number << _TYPE_BITS | _BYTES) + _as_varint(size)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number and where it ends."""
    value = 0
    for shift in range(0, _MAX_SHIFT + 1, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & ~_CONTINUED) << shift
        if not byte & _CONTINUED:
            return value, at
    raise ValueError("a number does not end")


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= _CONTINUED:
        encoded.append(value & 0x7F | _CONTINUED)
        value >>= 7
    return bytes((*encoded, value))
