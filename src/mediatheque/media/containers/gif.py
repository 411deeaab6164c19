"""GIF blocks (the GIF89a specification, sections 15 to 27)."""

import struct

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, trailing
from mediatheque.media.input_file import InputFile

_WINDOW = 1 << 16
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


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
            raise Unreadable("The GIF is cut off.")
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
    """Count the frames. Raises `Unreadable` unless there is one and the trailer is the last byte.

    The trailer may be missing after a complete block: such files are common, and all viewers show them.
    """
    reader, frames, budget = _Reader(source), 0, 4 * MAX_PARTS
    reader.read(10)
    reader.read(2 + _color_table_bytes(reader.read(1)[0]))
    while not (frames and reader.at == source.size) and (kind := reader.read(1)[0]) != _TRAILER:
        if kind == _IMAGE:
            frames += 1
            reader.read(_color_table_bytes(struct.unpack("<8xB", reader.read(9))[0]))
            reader.read(1)
        elif kind == _EXTENSION:
            reader.read(1)
        else:
            raise Unreadable("The GIF has a damaged block.")
        budget = reader.skip_blocks(budget)
    return _checked(source, reader.at, frames)


def _color_table_bytes(flags: int) -> int:
    """Return the size of the colour table, from its flags."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _checked(source: InputFile, end: int, frames: int) -> int:
    if not frames:
        raise Unreadable("The GIF has no picture in it.")
    if end != source.size:
        raise trailing("GIF")
    return frames
