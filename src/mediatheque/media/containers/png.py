"""PNG chunks (W3C PNG, third edition, section 5)."""

import struct
import zlib

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, trailing, truncated
from mediatheque.media.input_file import InputFile

_SIGNATURE = 8
_CHUNK_OVERHEAD = 12  # length, type and CRC
_MAX_EXIF_BYTES = 1 << 20


class PngMetadata(msgspec.Struct):
    """Number of frames (1 unless it is an APNG), and the raw EXIF block, if any."""

    frames: int = 1
    exif: bytes = b""


def read_metadata(source: InputFile) -> PngMetadata:
    """Read the chunks from IHDR to IEND. Raises `Unreadable` unless they fill the file."""
    _check_header(source)
    metadata, has_data, at = PngMetadata(), False, _SIGNATURE
    for _ in range(MAX_PARTS):
        length, kind = struct.unpack(">I4s", source.read_exactly(8, at))
        body, at = at + 8, at + _CHUNK_OVERHEAD + length
        if not kind.isalpha():
            raise Unreadable("The PNG has a damaged chunk.")
        if at > source.size:
            raise truncated("PNG")
        if kind == b"IEND":
            return _checked(source, metadata, at, has_data=has_data)
        has_data = has_data or kind == b"IDAT"
        _read_chunk(source, metadata, kind, body, length)
    raise too_many_parts("PNG")


def _check_header(source: InputFile) -> None:
    header = source.read_exactly(25, _SIGNATURE)
    length, kind, body, crc = struct.unpack(">I4s13sI", header)
    if length != len(body) or kind != b"IHDR" or zlib.crc32(kind + body) != crc:
        raise Unreadable("The PNG header is damaged.")


def _read_chunk(source: InputFile, metadata: PngMetadata, kind: bytes, body: int, length: int) -> None:
    if kind == b"acTL" and length >= 8:  # noqa: PLR2004 - two 32-bit numbers
        metadata.frames = max(1, int.from_bytes(source.read_exactly(4, body), "big"))
    elif kind == b"eXIf" and length <= _MAX_EXIF_BYTES:
        metadata.exif = source.read_exactly(length, body)


def _checked(source: InputFile, metadata: PngMetadata, end: int, *, has_data: bool) -> PngMetadata:
    if not has_data:
        raise Unreadable("The PNG has no picture in it.")
    if end != source.size:
        raise trailing("PNG")
    return metadata
