"""PNG chunks (W3C PNG, third edition, section 5), with the leniency of browsers."""

import struct
import zlib
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, png_rows, too_many_parts
from mediatheque.media.containers.block import Block, remember
from mediatheque.media.containers.exif import read_orientation
from mediatheque.media.containers.png_rows import ImageHeader
from mediatheque.media.containers.tail import check_open_end, check_tail
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import Part, Range, append_range

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_OVERHEAD = 12  # length, type and CRC
_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
_MAX_CHECKED = 1 << 20  # an EXIF block that is larger is not read
_ANCILLARY = 0x20  # in the first byte of a type: who does not know the chunk skips it
_INDEXED = 3
_MANIFEST = b"caBX"
_NOTES = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", _MANIFEST})
"""Chunks that say something about the picture. A manifest has its own hash, and may be larger than what is checked."""

_SIZES = {b"PLTE": range(3, 769, 3), b"tRNS": range(1, 257)}
_KEY_BYTES = {0: 2, 2: 6}
"""Size of tRNS for grey and for colour; indexed pictures have one byte for each colour."""


class PngMetadata(msgspec.Struct):
    """What the chunks say that is needed to show the picture."""

    header: ImageHeader
    parts: list[Part]
    """The picture without what a decoder does not need, and with an end, which cut files lack."""

    frames: int = 1
    orientation: int | None = None
    """As in the first sound EXIF block; None without one."""

    data: list[Range] = msgspec.field(default_factory=list)
    palette: bool = False
    blocks: list[Block] = msgspec.field(default_factory=list)
    """Sound chunks that say something about the picture."""


class _Chunk(msgspec.Struct, frozen=True):
    kind: bytes
    offset: int
    length: int
    """Of the body."""


def read_metadata(source: InputFile) -> PngMetadata:
    """Read the chunks from IHDR to IEND.

    A damaged ancillary chunk is ignored, whatever it says. Raises `Unreadable` when a chunk that the picture needs is
    damaged, and when the file ends before the last row of the picture.
    """
    header = png_rows.parse_header(source.read_exactly(25, len(_SIGNATURE)))
    metadata = PngMetadata(header, [Range(0, 33)])
    end = None
    for chunk in _read_chunks(source):
        if chunk.kind == b"IEND":
            end = chunk.offset + 4
            break
        _read_chunk(source, metadata, chunk)
    if not metadata.data or (header.colour == _INDEXED and not metadata.palette):
        raise Unreadable("The PNG has no picture in it.")
    if end is None and not png_rows.are_whole(source, header, metadata.data):
        raise Unreadable("The PNG is cut off: its last rows are missing. Please upload the whole file.")
    metadata.parts.append(_END)
    if end is None:
        check_open_end(source, metadata.data[-1].offset)
    else:
        check_tail(source, min(end, source.size))
    return metadata


def _read_chunks(source: InputFile) -> Iterator[_Chunk]:
    """Yield the chunks behind IHDR, up to IEND or the end of the file. The last one of a cut file may be shorter."""
    at = 33
    for _ in range(MAX_PARTS):
        if source.size - at < 8:  # noqa: PLR2004 - length and type
            return
        length, kind = struct.unpack(">I4s", source.read_exactly(8, at))
        yield _Chunk(kind, at + 8, length)
        if kind == b"IEND":
            return
        at += _OVERHEAD + length
    raise too_many_parts("PNG")


def _read_chunk(source: InputFile, metadata: PngMetadata, chunk: _Chunk) -> None:
    match chunk.kind:
        case b"IDAT":
            length = min(chunk.length, source.size - chunk.offset)
            metadata.data.append(Range(chunk.offset, length))
            append_range(metadata.parts, chunk.offset - 8, length + _OVERHEAD)
        case b"PLTE" if metadata.header.colour == _INDEXED and not metadata.data:
            if not _is_sound(source, chunk):
                raise Unreadable("The PNG is damaged: its palette is not what its checksum says.")
            metadata.palette = True
            append_range(metadata.parts, chunk.offset - 8, chunk.length + _OVERHEAD)
        case b"PLTE":
            pass  # a suggestion, where the pixels have colours of their own
        case b"tRNS" if not metadata.data and _has_transparency(source, metadata, chunk):
            append_range(metadata.parts, chunk.offset - 8, chunk.length + _OVERHEAD)
        case b"acTL" if chunk.length >= 8 and _is_sound(source, chunk):  # noqa: PLR2004 - two 32-bit numbers
            metadata.frames = max(1, int.from_bytes(source.read_exactly(4, chunk.offset), "big"))
        case kind if kind in _NOTES:
            _read_note(source, metadata, chunk)
        case kind if not kind[0] & _ANCILLARY:
            raise Unreadable("The PNG is damaged: it has an unknown chunk without which it cannot be shown.")


def _read_note(source: InputFile, metadata: PngMetadata, chunk: _Chunk) -> None:
    is_whole = chunk.offset + chunk.length <= source.size
    if not (is_whole if chunk.kind == _MANIFEST else _is_sound(source, chunk)):
        return
    if chunk.kind == b"eXIf" and metadata.orientation is None:
        metadata.orientation = read_orientation(source.read_exactly(chunk.length, chunk.offset))
    remember(metadata.blocks, Block(chunk.kind, chunk.offset, chunk.length))


def _has_transparency(source: InputFile, metadata: PngMetadata, chunk: _Chunk) -> bool:
    if metadata.header.colour == _INDEXED:
        return metadata.palette and _is_sound(source, chunk)
    return chunk.length == _KEY_BYTES.get(metadata.header.colour) and _is_sound(source, chunk)


def _is_sound(source: InputFile, chunk: _Chunk) -> bool:
    """Whether the chunk is whole, of a possible size and as its checksum says."""
    if chunk.length not in _SIZES.get(chunk.kind, range(_MAX_CHECKED + 1)):
        return False
    if chunk.offset + chunk.length + 4 > source.size:
        return False
    stored = source.read_exactly(chunk.length + 8, chunk.offset - 4)
    return zlib.crc32(stored[:-4]) == int.from_bytes(stored[-4:], "big")
