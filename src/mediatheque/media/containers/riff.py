"""RIFF, the container format of WebP. WAV is read by `sound/wave.py`, because its sizes are seldom true."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.media.containers import MAX_PARTS, too_many_parts, truncated
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.input_file import InputFile

_HEADER = 12


class Chunk(msgspec.Struct, frozen=True):
    """The type of a chunk, and the offset and size of its body."""

    kind: bytes
    offset: int
    size: int


def read_chunks(source: InputFile) -> Iterator[Chunk]:
    """Yield the top-level chunks in order, as far as the stated size goes.

    Raises `Unreadable` when the file or its last chunk is cut off, or an archive or a program is behind them.
    """
    (stated,) = struct.unpack("<4xI", source.read_exactly(8, 0))
    if 8 + stated > source.size and stated != source.size:  # some writers include the 8 bytes of the header
        raise truncated("RIFF container")
    at, end = _HEADER, min(8 + stated, source.size)
    for _ in range(MAX_PARTS):
        if end - at < 8:  # noqa: PLR2004 - a chunk header; the rest is padding
            check_tail(source, end)
            return
        kind, size = struct.unpack("<4sI", source.read_exactly(8, at))
        at += 8
        if at + size > end:
            raise truncated("RIFF container")
        yield Chunk(kind, at, size)
        at += size + size % 2
    raise too_many_parts("RIFF container")
