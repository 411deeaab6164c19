"""CBOR (RFC 8949), as much of it as claims are written in, within bounds."""

import struct
from typing import Any

from mediatheque.errors import Unreadable

_MAX_DEPTH = 12
_MAX_ITEMS = 5_000  # of one document
_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = 2, 3, 4, 5, 6, 7
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_CONSTANTS = {20: False, 21: True}


def parse(data: bytes) -> Any:
    """Return the first item. Bytes are None, and keys are text. Raises `Unreadable` for what is damaged or too much."""
    return _Reader(data).item(0)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._items = 0

    def item(self, depth: int) -> Any:
        self._items += 1
        if depth > _MAX_DEPTH or self._items > _MAX_ITEMS:
            raise Unreadable("The claim is too deep or too long.")
        initial = self._take(1)[0]
        kind, detail = initial >> 5, initial & 31
        if kind == _SIMPLE and detail in _FLOATS:
            return struct.unpack(_FLOATS[detail], self._take(_LENGTHS[detail]))[0]
        if kind == _SIMPLE:
            return _CONSTANTS.get(detail)
        count = self._count(detail)
        if kind in (0, 1):
            return count if kind == 0 else -1 - count
        return self._composed(kind, count, depth)

    def _composed(self, kind: int, count: int, depth: int) -> Any:
        if kind == _BYTES:
            self._take(count)
            return None
        if kind == _TEXT:
            return self._take(count).decode(errors="replace")
        if kind == _ARRAY:
            return [self.item(depth + 1) for _ in range(count)]
        if kind == _MAP:
            pairs = ((self.item(depth + 1), self.item(depth + 1)) for _ in range(count))
            return {key: value for key, value in pairs if isinstance(key, str)}
        return self.item(depth + 1)  # a tag says what the item means

    def _count(self, detail: int) -> int:
        if detail < min(_LENGTHS):
            return detail
        if detail not in _LENGTHS:
            raise Unreadable("The claim has a part without a length.")
        return int.from_bytes(self._take(_LENGTHS[detail]), "big")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise Unreadable("The claim is cut off.")
        self._at += count
        return taken
