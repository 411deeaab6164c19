"""WebP: the canvas, the frames and the EXIF block, from chunk headers alone (RFC 9649).

Pillow would hold the whole file and two canvases in memory before it tells the size.
"""

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers.riff import Chunk, chunks
from mediatheque.media.input_file import InputFile

_MOST_EXIF = 1 << 20


class WebpOutline(msgspec.Struct):
    """Canvas as stored, number of frames, the raw EXIF block."""

    width: int = 0
    height: int = 0
    frames: int = 0
    exif: bytes = b""


def walk(source: InputFile) -> WebpOutline:
    """Raises Unreadable unless the chunks tile the file and hold at least one picture."""
    outline = WebpOutline()
    for number, chunk in enumerate(chunks(source)):
        if number == 0 and chunk.kind not in (b"VP8 ", b"VP8L", b"VP8X"):
            raise Unreadable("The WebP does not start with a picture.")
        _note(source, outline, chunk)
    if not outline.frames or not outline.width or not outline.height:
        raise Unreadable("The WebP has no picture in it.")
    return outline


def _note(source: InputFile, outline: WebpOutline, chunk: Chunk) -> None:
    if chunk.kind == b"VP8X":
        outline.width, outline.height = _extended(source.exactly(10, chunk.at))
    elif chunk.kind in (b"VP8 ", b"VP8L"):
        read = _lossy if chunk.kind == b"VP8 " else _lossless
        size = read(source.exactly(min(10, chunk.size), chunk.at))
        outline.width, outline.height = (outline.width, outline.height) if outline.width else size
        outline.frames += 1
    elif chunk.kind == b"ANMF":
        outline.frames += 1
    elif chunk.kind == b"EXIF" and chunk.size <= _MOST_EXIF:
        outline.exif = source.exactly(chunk.size, chunk.at)


def _extended(body: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _lossy(body: bytes) -> tuple[int, int]:
    """A VP8 key frame: a tag, a start code, 14 bits each of width and height (RFC 6386 section 9.1)."""
    if body[3:6] != b"\x9d\x01\x2a" or body[0] & 1:
        raise Unreadable("The WebP picture is damaged.")
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _lossless(body: bytes) -> tuple[int, int]:
    """A VP8L header: a signature, 14 bits each of width and height less one, version 0."""
    bits = int.from_bytes(body[1:5], "little")
    if body[:1] != b"\x2f" or bits >> 29 or len(body) < 5:  # noqa: PLR2004 - signature and 32 bits
        raise Unreadable("The WebP picture is damaged.")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
