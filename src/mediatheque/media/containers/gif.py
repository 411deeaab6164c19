"""GIF blocks (the GIF89a specification, sections 15 to 27)."""

import struct

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MOST_PARTS, too_many_parts, trailing
from mediatheque.media.input_file import InputFile

_WINDOW = 1 << 16
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


class _Reader:
    """Small reads in order, out of a window: a GIF is made of pieces of at most 255 bytes."""

    def __init__(self, source: InputFile) -> None:
        self.at = 0
        self._source = source
        self._window, self._base = b"", 0

    def take(self, count: int) -> bytes:
        start = self.at - self._base
        if start < 0 or start + count > len(self._window):
            self._window, self._base, start = self._source.upto(_WINDOW, self.at), self.at, 0
        self.at += count
        data = self._window[start : start + count]
        if len(data) != count:
            raise Unreadable("The GIF is cut off.")
        return data

    def skip_blocks(self, budget: int) -> int:
        """Skips data sub-blocks up to their terminator; returns what is left of the budget."""
        while length := self.take(1)[0]:
            self.take(length)
            budget -= 1
            if budget <= 0:
                raise too_many_parts("GIF")
        return budget


def count_frames(source: InputFile) -> int:
    """Walks to the trailer. Raises Unreadable unless it is the last byte and there is a picture before it.

    A GIF that ends after a whole block, without a trailer, is common and shown by everyone.
    """
    reader, frames, budget = _Reader(source), 0, 4 * MOST_PARTS
    reader.take(10)
    reader.take(2 + _color_table(reader.take(1)[0]))
    while not (frames and reader.at == source.size) and (kind := reader.take(1)[0]) != _TRAILER:
        if kind == _IMAGE:
            frames += 1
            reader.take(_color_table(struct.unpack("<8xB", reader.take(9))[0]))
            reader.take(1)
        elif kind == _EXTENSION:
            reader.take(1)
        else:
            raise Unreadable("The GIF has a damaged block.")
        budget = reader.skip_blocks(budget)
    return _finished(source, reader.at, frames)


def _color_table(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _finished(source: InputFile, end: int, frames: int) -> int:
    if not frames:
        raise Unreadable("The GIF has no picture in it.")
    if end != source.size:
        raise trailing("GIF")
    return frames
