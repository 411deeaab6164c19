"""TIFF, the structure of an EXIF block (TIFF 6.0 section 2): directories of numbered values."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable

_MAX_ENTRIES = 512  # of one directory
_MAX_NUMBERS = 16  # of one value
_ENTRY_BYTES = 12
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_RATIONALS = {5: "I", 10: "i"}
_PREFIX = b"Exif\0\0"


class Value(msgspec.Struct, frozen=True):
    """A value: its bytes, the numbers in them, and whether their order is that of small-endian machines."""

    raw: bytes
    kind: int
    little: bool

    def numbers(self) -> list[float | int]:
        """Return the first numbers; of fractions their quotients, without those that divide by zero."""
        order, size = "<" if self.little else ">", _SIZES[self.kind]
        count = min(len(self.raw) // size, _MAX_NUMBERS)
        if self.kind in _RATIONALS:
            parts = struct.unpack_from(f"{order}{2 * count}{_RATIONALS[self.kind]}", self.raw)
            return [round(a / b, 8) for a, b in zip(parts[::2], parts[1::2], strict=True) if b]
        if self.kind not in _NUMBERS:
            return []
        return list(struct.unpack_from(f"{order}{count}{_NUMBERS[self.kind]}", self.raw))

    def text(self) -> str:
        """Return the text up to its first NUL."""
        return decode(self.raw.split(b"\0", 1)[0])


class Tiff:
    """A block in memory. Raises `Unreadable` when it does not begin as one."""

    def __init__(self, block: bytes) -> None:
        self._data = block.removeprefix(_PREFIX)
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(self._data[:4])
        if order is None or len(self._data) < 8:  # noqa: PLR2004 - a byte order, a number and an offset
            raise Unreadable("The EXIF block does not begin as one.")
        self._order = order

    def first(self) -> dict[int, Value]:
        """Return the first directory's values by their tags."""
        return self.directory(*struct.unpack_from(f"{self._order}I", self._data, 4))

    def directory(self, offset: int) -> dict[int, Value]:
        """Return the directory at the offset. Values that point out of the block are left out."""
        return dict(self._entries(offset))

    def _entries(self, offset: int) -> Iterator[tuple[int, Value]]:
        if offset + 2 > len(self._data):
            return
        (count,) = struct.unpack_from(f"{self._order}H", self._data, offset)
        for number in range(min(count, _MAX_ENTRIES)):
            at = offset + 2 + number * _ENTRY_BYTES
            if at + _ENTRY_BYTES > len(self._data):
                return
            tag, kind, length = struct.unpack_from(f"{self._order}HHI", self._data, at)
            size = _SIZES.get(kind, 0) * length
            start = at + 8
            if size > 4:  # noqa: PLR2004 - what fits into the entry itself
                (start,) = struct.unpack_from(f"{self._order}I", self._data, at + 8)
            if size and start + size <= len(self._data):
                yield tag, Value(self._data[start : start + size], kind, self._order == "<")


def decode(raw: bytes) -> str:
    """Return text that should be ASCII or Latin-1, and often is UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
