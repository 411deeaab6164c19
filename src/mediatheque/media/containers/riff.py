"""RIFF chunks: the outside of WebP and WAV."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.media.containers import MOST_PARTS, too_many_parts, trailing, truncated
from mediatheque.media.input_file import InputFile

_HEADER = 12
_UNKNOWN_FROM = 0x7FFF0000
"""Sizes from here on, and 0, are what programs write that stream to a pipe and cannot come back to fill them in."""


class Chunk(msgspec.Struct, frozen=True):
    """Its type, where its body starts and how long that is."""

    kind: bytes
    at: int
    size: int


def chunks(source: InputFile, *, streamed: bool = False) -> Iterator[Chunk]:
    """The top-level chunks in order. Raises Unreadable unless they tile the file.

    `streamed` allows unknown sizes: of the file, and of the last chunk, which then reaches to the end.
    """
    (stated,) = struct.unpack("<4xI", source.exactly(8, 0))
    end = source.size
    if not (streamed and _unknown(stated)):
        _check_length(source, stated)
        end = min(8 + stated, source.size)
    yield from _tiled(source, end, streamed=streamed)


def _unknown(size: int) -> bool:
    return size == 0 or size >= _UNKNOWN_FROM


def _check_length(source: InputFile, stated: int) -> None:
    """The file is 8 bytes longer than it says, and perhaps padded; some writers forget to subtract the 8."""
    excess = source.size - 8 - stated
    if excess > 1:
        raise trailing("RIFF container")
    if excess < 0 and stated != source.size:
        raise truncated("RIFF container")


def _tiled(source: InputFile, end: int, *, streamed: bool) -> Iterator[Chunk]:
    at = _HEADER
    for _ in range(MOST_PARTS):
        if end - at < 8:  # noqa: PLR2004 - a chunk header; what is left is padding
            break
        kind, size = struct.unpack("<4sI", source.exactly(8, at))
        if streamed and kind == b"data" and _unknown(size) and (size or at + 8 < end):
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
