"""RIFF, the container format of WebP. WAV is read by `sound/wave.py`, because its sizes are seldom true."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.media.containers import MAX_PARTS, too_many_parts
from mediatheque.media.containers.tail import check_open_end, check_tail
from mediatheque.media.input_file import InputFile

_FILE_HEADER = 12
CHUNK_HEADER = 8
"""Bytes of a chunk before its body."""


class Chunk(msgspec.Struct, frozen=True):
    """The type of a chunk, the offset and size of its body, and whether the body is all there."""

    kind: bytes
    offset: int
    size: int
    is_whole: bool


def read_chunks(source: InputFile) -> Iterator[Chunk]:
    """Yield the top-level chunks in order, as far as the stated size and the file go. Only the last may be cut off.

    Raises `Unreadable` when an archive or a program is behind them.
    """
    (stated,) = struct.unpack("<4xI", source.read_exactly(8, 0))
    at, end = _FILE_HEADER, min(8 + stated, source.size)
    for _ in range(MAX_PARTS):
        if end - at < CHUNK_HEADER:  # the rest is padding
            check_tail(source, end)
            return
        kind, size = struct.unpack("<4sI", source.read_exactly(CHUNK_HEADER, at))
        at += CHUNK_HEADER
        is_whole = at + size <= end
        yield Chunk(kind, at, size, is_whole)
        if not is_whole:
            check_open_end(source, at)
            return
        at += size + size % 2
    raise too_many_parts("RIFF container")
