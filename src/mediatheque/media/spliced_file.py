"""A file for a decoder, made of ranges of another: what the decoder does not need never reaches it."""

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from mediatheque.media.input_file import InputFile


class Range(msgspec.Struct, frozen=True):
    """`length` bytes from `offset`."""

    offset: int
    length: int


Part = Range | bytes
"""A range of the source, or bytes that stand for what is wrong or lacking there."""


class SplicedFile(io.RawIOBase):
    """Reads the parts in order, as one file. They are not copied; the source must stay open."""

    def __init__(self, source: InputFile, parts: Sequence[Part]) -> None:
        self._source, self._parts = source, parts
        ends = accumulate(len(part) if isinstance(part, bytes) else part.length for part in parts)
        self._starts = [0, *ends]
        self._at = 0

    def readable(self) -> bool:
        """Whether it can be read, which it can."""
        return True

    def seekable(self) -> bool:
        """Whether it can seek, which it can."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset, as files do."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stubs name a private protocol
        """Fill the buffer from one part, and return how many bytes that were; 0 at the end."""
        number = bisect_right(self._starts, self._at) - 1
        if number >= len(self._parts):
            return 0
        data = self._read(self._parts[number], self._at - self._starts[number], len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _read(self, part: Part, at: int, count: int) -> bytes:
        if isinstance(part, bytes):
            return part[at : at + count]
        return self._source.read_up_to(min(count, part.length - at), part.offset + at)


def part_of(source: InputFile, start: int, end: int) -> SplicedFile:
    """Return the bytes from `start` to `end` as a file, for decoders that would stumble over what is around them."""
    return SplicedFile(source, [Range(start, end - start)])


def append_range(parts: list[Part], offset: int, length: int) -> None:
    """Append a range; one that follows the last is joined to it."""
    last = parts[-1] if parts else b""
    if isinstance(last, Range) and last.offset + last.length == offset:
        parts[-1] = Range(last.offset, last.length + length)
    else:
        parts.append(Range(offset, length))
