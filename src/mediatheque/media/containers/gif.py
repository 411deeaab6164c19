"""GIF blocks (the GIF89a specification, sections 15 to 27)."""

import struct

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.input_file import InputFile

_WINDOW = 1 << 16
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


class _Damaged(Unreadable):
    """The GIF is damaged."""


class _Counted(msgspec.Struct):
    frames: int = 0
    end: int = 0
    """Where the last whole block ends."""


class _Reader:
    """Reads in order from a buffer, because a GIF consists of sub-blocks of at most 255 bytes."""

    def __init__(self, source: InputFile) -> None:
        self.at = 0
        self._source = source
        self._window, self._base = b"", 0

    def read(self, count: int) -> bytes:
        start = self.at - self._base
        if start < 0 or start + count > len(self._window):
            self._window, self._base, start = self._source.read_up_to(_WINDOW, self.at), self.at, 0
        self.at += count
        data = self._window[start : start + count]
        if len(data) != count:
            raise _Damaged("The GIF is cut off within its first picture. Please upload the whole file.")
        return data

    def skip_blocks(self, budget: int) -> int:
        """Skip data sub-blocks up to their terminator. Return what is left of `budget`, the blocks that may be read."""
        while length := self.read(1)[0]:
            self.read(length)
            budget -= 1
            if budget <= 0:
                raise too_many_parts("GIF")
        return budget


def count_frames(source: InputFile) -> int:
    """Count the whole frames. Raises `Unreadable` unless there is one.

    What follows the first frame may be cut off or damaged: viewers show what is there.
    """
    reader, counted = _Reader(source), _Counted()
    try:
        _read_blocks(reader, counted)
    except _Damaged:
        if not counted.frames:
            raise
    check_tail(source, counted.end)
    return counted.frames


def _read_blocks(reader: _Reader, counted: _Counted) -> None:
    budget = 4 * MAX_PARTS
    reader.read(10)
    reader.read(2 + _color_table_bytes(reader.read(1)[0]))
    while (kind := reader.read(1)[0]) != _TRAILER:
        if kind == _IMAGE:
            reader.read(_color_table_bytes(struct.unpack("<8xB", reader.read(9))[0]))
            reader.read(1)
        elif kind == _EXTENSION:
            reader.read(1)
        else:
            raise _Damaged("The GIF has a damaged block.")
        budget = reader.skip_blocks(budget)
        counted.frames += kind == _IMAGE
        counted.end = reader.at
    if not counted.frames:
        raise Unreadable("The GIF has no picture in it.")
    counted.end = reader.at


def _color_table_bytes(flags: int) -> int:
    """Return the size of the colour table, from its flags."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
