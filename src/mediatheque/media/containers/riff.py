"""RIFF, the container format of WebP and WAV."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.media.containers import MAX_PARTS, too_many_parts, trailing, truncated
from mediatheque.media.input_file import InputFile

_HEADER = 12
_UNKNOWN_FROM = 0x7FFF0000
"""Programs that stream to a pipe cannot fill in a size afterwards: they write 0, or a size from here on."""


class Chunk(msgspec.Struct, frozen=True):
    """The type of a chunk, and the offset and size of its body."""

    kind: bytes
    offset: int
    size: int


def read_chunks(source: InputFile, *, streamed: bool = False) -> Iterator[Chunk]:
    """Yield the top-level chunks in order. Raises `Unreadable` unless they fill the file.

    `streamed` allows the size of the file and of its last chunk to be unknown; that chunk extends to the end.
    """
    (stated,) = struct.unpack("<4xI", source.read_exactly(8, 0))
    end = source.size
    if not (streamed and _is_unknown(stated)):
        _check_length(source, stated)
        end = min(8 + stated, source.size)
    yield from _read_until(source, end, streamed=streamed)


def _is_unknown(size: int) -> bool:
    return size == 0 or size >= _UNKNOWN_FROM


def _check_length(source: InputFile, stated: int) -> None:
    """Check the stated size, which excludes 8 bytes of header; one byte of padding may follow.

    Some writers include the 8 bytes.
    """
    excess = source.size - 8 - stated
    if excess > 1:
        raise trailing("RIFF container")
    if excess < 0 and stated != source.size:
        raise truncated("RIFF container")


def _read_until(source: InputFile, end: int, *, streamed: bool) -> Iterator[Chunk]:
    at = _HEADER
    for _ in range(MAX_PARTS):
        if end - at < 8:  # noqa: PLR2004 - a chunk header; the rest is padding
            break
        kind, size = struct.unpack("<4sI", source.read_exactly(8, at))
        if streamed and kind == b"data" and _is_unknown(size) and (size or at + 8 < end):
            size = end - at - 8
        at += 8
        if at + size > end:
            raise truncated("RIFF container")
        yield Chunk(kind, at, size)
        at += size + size % 2
    else:
        raise too_many_parts("RIFF container")
    if end - at > 0:
        raise trailing("RIFF container")
