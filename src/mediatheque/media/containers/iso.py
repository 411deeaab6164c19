"""ISO base media boxes (ISO/IEC 14496-12 section 4.2): MP4, MOV, M4A, HEIC and AVIF."""

import struct

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, trailing, truncated
from mediatheque.media.input_file import InputFile

_WIDE = 1  # a 64-bit size follows the type
_TO_END = 0
_MAX_PADDING = 4096


def box_types(source: InputFile) -> set[bytes]:
    """Return the types of the top-level boxes. Raises `Unreadable` unless they fill the file (zeros may follow)."""
    types: set[bytes] = set()
    at = 0
    for _ in range(MAX_PARTS):
        if at == source.size or _only_zeros(source, at):
            return types
        size, kind = _header(source, at)
        if at + size > source.size:
            raise truncated("container")
        types.add(kind)
        at += size
    raise too_many_parts("container")


def major_brand(source: InputFile) -> bytes:
    """Return the file's major brand; empty for a QuickTime file without brands."""
    size, kind, brand = struct.unpack(">I4s4s", source.read_exactly(12, 0))
    return brand if kind == b"ftyp" and size >= 16 else b""  # noqa: PLR2004 - a header, a brand and its version


def _header(source: InputFile, at: int) -> tuple[int, bytes]:
    if source.size - at < 8:  # noqa: PLR2004 - a box header
        raise trailing("container")
    size, kind = struct.unpack(">I4s", source.read_exactly(8, at))
    minimum = 8
    if size == _WIDE:
        (size,), minimum = struct.unpack(">Q", source.read_exactly(8, at + 8)), 16
    elif size == _TO_END:
        size = source.size - at
    if size < minimum:
        raise Unreadable("The container has a damaged box.")
    return size, kind


def _only_zeros(source: InputFile, at: int) -> bool:
    """Whether only zeros follow, at most a few KiB: some cameras pad the file."""
    return source.size - at <= _MAX_PADDING and not source.read_up_to(_MAX_PADDING, at).strip(b"\0")
