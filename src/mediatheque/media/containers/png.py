"""PNG chunks (W3C PNG, third edition, section 5)."""

import struct
import zlib

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MOST_PARTS, too_many_parts, trailing, truncated
from mediatheque.media.input_file import InputFile

_SIGNATURE = 8
_FRAME = 12  # length, type and CRC around a chunk's body
_MOST_EXIF = 1 << 20


class PngOutline(msgspec.Struct):
    """What the chunks say: frames (1 unless it is an APNG) and the raw EXIF block, if any."""

    frames: int = 1
    exif: bytes = b""


def walk(source: InputFile) -> PngOutline:
    """Walks IHDR to IEND. Raises Unreadable unless the chunks are the whole file."""
    _check_header(source)
    outline, has_data, at = PngOutline(), False, _SIGNATURE
    for _ in range(MOST_PARTS):
        length, kind = struct.unpack(">I4s", source.exactly(8, at))
        body, at = at + 8, at + _FRAME + length
        if not kind.isalpha():
            raise Unreadable("The PNG has a damaged chunk.")
        if at > source.size:
            raise truncated("PNG")
        if kind == b"IEND":
            return _finished(source, outline, at, has_data=has_data)
        has_data = has_data or kind == b"IDAT"
        _note(source, outline, kind, body, length)
    raise too_many_parts("PNG")


def _check_header(source: InputFile) -> None:
    header = source.exactly(25, _SIGNATURE)
    length, kind, body, crc = struct.unpack(">I4s13sI", header)
    if length != len(body) or kind != b"IHDR" or zlib.crc32(kind + body) != crc:
        raise Unreadable("The PNG header is damaged.")


def _note(source: InputFile, outline: PngOutline, kind: bytes, body: int, length: int) -> None:
    if kind == b"acTL" and length >= 8:  # noqa: PLR2004 - two 32-bit numbers
        outline.frames = max(1, int.from_bytes(source.exactly(4, body), "big"))
    elif kind == b"eXIf" and length <= _MOST_EXIF:
        outline.exif = source.exactly(length, body)


def _finished(source: InputFile, outline: PngOutline, end: int, *, has_data: bool) -> PngOutline:
    if not has_data:
        raise Unreadable("The PNG has no picture in it.")
    if end != source.size:
        raise trailing("PNG")
    return outline
