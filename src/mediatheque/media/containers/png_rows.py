"""The rows of a PNG's picture: how they are stored, and whether they are all there."""

import struct
import zlib
from collections.abc import Iterable

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import Range

_WINDOW = 1 << 16
_OUTPUT = 1 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Column and row where each pass of an interlaced picture begins, and the steps between its columns and rows."""


class ImageHeader(msgspec.Struct, frozen=True):
    """IHDR."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def parse_header(chunk: bytes) -> ImageHeader:
    """Parse the whole IHDR chunk. Raises `Unreadable` unless its checksum is right and its values are possible."""
    length, kind, body, crc = struct.unpack(">I4s13sI", chunk)
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    is_sound = length == len(body) and kind == b"IHDR" and zlib.crc32(kind + body) == crc
    if not is_sound or depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise Unreadable("The PNG header is damaged.")
    return ImageHeader(width, height, depth, colour, interlaced=bool(interlace))


def are_whole(source: InputFile, header: ImageHeader, data: Iterable[Range]) -> bool:
    """Whether the compressed data, as far as they go, contain every row."""
    missing, inflater = _bytes_of_rows(header), zlib.decompressobj()
    try:
        for part in data:
            for at in range(0, part.length, _WINDOW):
                rest = source.read_up_to(min(_WINDOW, part.length - at), part.offset + at)
                while rest and missing > 0:
                    missing -= len(inflater.decompress(rest, _OUTPUT))
                    rest = inflater.unconsumed_tail
    except zlib.error:
        return False
    return missing <= 0 or missing <= len(inflater.flush())


def _bytes_of_rows(header: ImageHeader) -> int:
    """Return the size of all rows before compression, each with the byte that names its filter."""
    bits = header.depth * _CHANNELS[header.colour]
    passes = _ADAM7 if header.interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, right, down in passes:
        columns, rows = -(-max(0, header.width - left) // right), -(-max(0, header.height - top) // down)
        total += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return total
