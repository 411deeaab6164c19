"""WebP: the canvas, the frames and the EXIF block, from chunk headers alone (RFC 9649).

Pillow would load the whole file and two canvases into memory before it returns the size.
"""

import struct

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import truncated
from mediatheque.media.containers.block import Block, remember
from mediatheque.media.containers.riff import CHUNK_HEADER, Chunk, read_chunks
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import Part, append_range

_TYPE = b"WEBP"
_PICTURE = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_NOTES = frozenset({b"EXIF", b"XMP ", b"C2PA"})
_EXIF_FLAG = 0x08
_MAX_EXIF_BYTES = 1 << 20


class WebpMetadata(msgspec.Struct):
    """Canvas size before orientation, number of frames, the raw EXIF block, and the chunks of the picture.

    `blocks` are those that say something about it.
    """

    width: int = 0
    height: int = 0
    frames: int = 0
    exif: bytes = b""
    announces_exif: bool = False
    picture: list[Chunk] = msgspec.field(default_factory=list)
    blocks: list[Block] = msgspec.field(default_factory=list)

    def parts(self) -> list[Part]:
        """Return a WebP of the picture alone, because decoders refuse it for a damaged chunk or size beside it."""
        parts, size = list[Part](), len(_TYPE)
        for chunk in self.picture:
            append_range(parts, chunk.offset - CHUNK_HEADER, CHUNK_HEADER + chunk.size)
            if chunk.size % 2:
                parts.append(b"\0")
            size += CHUNK_HEADER + chunk.size + chunk.size % 2
        return [b"RIFF" + struct.pack("<I", size) + _TYPE, *parts]


def read_metadata(source: InputFile) -> WebpMetadata:
    """Read the chunks. Raises `Unreadable` unless they hold at least one whole picture.

    What follows it may be cut off, but for an announced orientation, without which the size would be wrong. Anything
    may follow the container but an archive or a program.
    """
    metadata = WebpMetadata()
    for number, chunk in enumerate(read_chunks(source)):
        if number == 0 and chunk.kind not in (b"VP8 ", b"VP8L", b"VP8X"):
            raise Unreadable("The WebP does not start with a picture.")
        if chunk.is_whole:
            _read_chunk(source, metadata, chunk)
        elif not metadata.frames:
            raise truncated("WebP")
    if not metadata.frames or not metadata.width or not metadata.height:
        raise Unreadable("The WebP has no picture in it.")
    (stated,) = struct.unpack("<4xI", source.read_exactly(8, 0))
    if metadata.announces_exif and not metadata.exif and source.size < CHUNK_HEADER + stated:
        raise truncated("WebP")
    return metadata


def _read_chunk(source: InputFile, metadata: WebpMetadata, chunk: Chunk) -> None:
    if chunk.kind in _PICTURE:
        metadata.picture.append(chunk)
    if chunk.kind in _NOTES:
        remember(metadata.blocks, Block(chunk.kind, chunk.offset, chunk.size))
    if chunk.kind == b"VP8X":
        body = source.read_exactly(10, chunk.offset)
        metadata.width, metadata.height = _vp8x_size(body)
        metadata.announces_exif = bool(body[0] & _EXIF_FLAG)
    elif chunk.kind in (b"VP8 ", b"VP8L"):
        read = _vp8_size if chunk.kind == b"VP8 " else _vp8l_size
        size = read(source.read_exactly(min(10, chunk.size), chunk.offset))
        metadata.width, metadata.height = (metadata.width, metadata.height) if metadata.width else size
        metadata.frames += 1
    elif chunk.kind == b"ANMF":
        metadata.frames += 1
    elif chunk.kind == b"EXIF" and not metadata.exif and chunk.size <= _MAX_EXIF_BYTES:
        metadata.exif = source.read_exactly(chunk.size, chunk.offset)


def _vp8x_size(body: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _vp8_size(body: bytes) -> tuple[int, int]:
    """Return the size in a VP8 key frame.

    The header is a tag, a start code, 14 bits each of width and height (RFC 6386 section 9.1).
    """
    if body[3:6] != b"\x9d\x01\x2a" or body[0] & 1:
        raise Unreadable("The WebP picture is damaged.")
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _vp8l_size(body: bytes) -> tuple[int, int]:
    """Return the size in a VP8L header: a signature, 14 bits each of width and height less one, version 0."""
    bits = int.from_bytes(body[1:5], "little")
    if body[:1] != b"\x2f" or bits >> 29 or len(body) < 5:  # noqa: PLR2004 - signature and 32 bits
        raise Unreadable("The WebP picture is damaged.")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
