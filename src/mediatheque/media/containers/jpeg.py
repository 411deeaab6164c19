"""JPEG segments (ITU-T T.81 annex B), read as libjpeg reads them, which is what browsers and most programs use."""

import re
import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts
from mediatheque.media.containers.block import Block, remember
from mediatheque.media.containers.exif import UPRIGHT, read_orientation
from mediatheque.media.containers.tail import check_open_end, check_tail
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import Part, Range, append_range

_WINDOW = 1 << 20
_SEGMENT_HEADER = 4  # marker and length
_TEM, _EOI, _SOS, _APP0, _APP1, _APP14, _COM, _DNL = 0x01, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xFE, 0xDC
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_WITHOUT_LENGTH = frozenset({_TEM, *range(0xD0, 0xD8)})
_SKIPPED = frozenset({*range(_APP0, _APP0 + 16), _COM, _DNL})
_BETWEEN_SCANS = re.compile(rb"\xff[\xc4\xcc\xda\xdb\xdd\xe0-\xef\xfe]")  # compressed data do not contain these
_LONGEST_SEGMENT = 2 + 0xFFFF
_MARKER = re.compile(rb"\xff[^\0\xff]")
_END = b"\xff\xd9"
_END_MARKER = re.compile(_END)  # two and a half times as fast as `bytes.find`
_NOTES = {_APP1: b"APP1", 0xEB: b"APP11", 0xED: b"APP13", _COM: b"COM"}
"""Segments that say something about the picture, by their names."""

_EXIF = b"Exif\0"
_EXIF_PREFIX = len(_EXIF) + 1  # with a byte that may have any value
_NEEDED = {_APP0: (b"JFIF\0", 14), _APP14: (b"Adobe", 12)}
"""Segments that say how colours are stored, and the length below which libjpeg ignores them."""


class JpegHeader(msgspec.Struct):
    """What the segments before the first scan say."""

    orientation: int = UPRIGHT
    width: int = 0
    parts: list[Part] = msgspec.field(default_factory=lambda: [b"\xff\xd8"])
    """The picture without what a decoder does not need, with an end marker, which cut files lack."""

    blocks: list[Block] = msgspec.field(default_factory=list)
    """What says something about the picture."""


class _Segment(msgspec.Struct, frozen=True):
    marker: int
    offset: int
    length: int
    """With the marker."""


def read_header(source: InputFile) -> JpegHeader:
    """Read the segments up to the first scan. Raises `Unreadable` unless there is one, with a row of blocks in it.

    A JPEG may lack its last bytes: decoders show what is there. Data may follow its end, such as a gain map or a
    motion photo.
    """
    header, exif = JpegHeader(), None
    for segment in _read_segments(source):
        if segment.marker == _APP1 and exif is None:
            exif = _exif(source, segment)
        if name := _NOTES.get(segment.marker):
            body = segment.offset + _SEGMENT_HEADER
            remember(header.blocks, Block(name, body, segment.length - _SEGMENT_HEADER))
        if segment.marker in _FRAMES:
            header.width = int.from_bytes(source.read_exactly(2, segment.offset + 7), "big")
        if _is_needed(source, segment):
            append_range(header.parts, segment.offset, segment.length)
        if segment.marker == _SOS:
            scan = segment.offset + segment.length
            _check_scan(source, header, scan)
            header.parts += [Range(scan, _end_of_segments(source, scan) - scan), _END]
    header.orientation = read_orientation(exif or b"")
    return header


def _read_segments(source: InputFile) -> Iterator[_Segment]:
    """Yield the segments up to the first start of scan. Bytes between them are skipped, as are impossible lengths."""
    at = 2
    for _ in range(MAX_PARTS):
        at = _next_marker(source, at)
        marker = source.read_exactly(2, at)[1]
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if marker not in _SKIPPED | _FRAMES | _TABLES | {_SOS}:
            raise Unreadable("The JPEG is damaged: there is no picture before its end or an unknown segment.")
        (stated,) = struct.unpack(">H", source.read_exactly(2, at + 2))
        length = 2 + max(2, stated)
        if at + length > source.size:
            break
        yield _Segment(marker, at, length)
        if marker == _SOS:
            return
        at += length
    else:
        raise too_many_parts("JPEG")
    raise _cut_off()


def _next_marker(source: InputFile, at: int) -> int:
    """Return the offset of the next marker: 0xFF and a byte that is neither 0 nor 0xFF."""
    count = 2  # mostly it is there
    while len(window := source.read_up_to(count, at)) > 1:
        if found := _MARKER.search(window):
            return at + found.start()
        at += len(window) - 1
        count = _WINDOW
    raise _cut_off()


def _is_needed(source: InputFile, segment: _Segment) -> bool:
    if segment.marker not in _NEEDED:
        return segment.marker not in _SKIPPED
    magic, minimum = _NEEDED[segment.marker]
    body = source.read_up_to(len(magic), segment.offset + _SEGMENT_HEADER)
    return body == magic and segment.length - _SEGMENT_HEADER >= minimum


def _exif(source: InputFile, segment: _Segment) -> bytes | None:
    body = source.read_exactly(segment.length - _SEGMENT_HEADER, segment.offset + _SEGMENT_HEADER)
    return body[_EXIF_PREFIX:] if body.startswith(_EXIF) else None


def _check_scan(source: InputFile, header: JpegHeader, scan: int) -> None:
    """Check what follows the picture's end, or, where that lacks, that a row of blocks can be there: 2 bits each."""
    end = _find_end(source, scan)
    if end is not None:
        check_tail(source, end)
        return
    if source.size - scan <= header.width // 32:
        raise _cut_off()
    check_open_end(source, scan)


def _find_end(source: InputFile, scan: int) -> int | None:
    """Return the offset behind the first end marker after the start of the scan, if there is one."""
    for at in range(scan, source.size, _WINDOW):
        if found := _END_MARKER.search(source.read_up_to(_WINDOW + 1, at)):
            return at + found.end()
    return None


def _end_of_segments(source: InputFile, scan: int) -> int:
    """Return the size of the file, or where a segment between two scans begins that is cut off."""
    start = max(scan, source.size - _LONGEST_SEGMENT)
    tail = source.read_up_to(_LONGEST_SEGMENT, start)
    for found in _BETWEEN_SCANS.finditer(tail):
        length = int.from_bytes(tail[found.end() : found.end() + 2], "big")
        if found.end() + max(2, length) > len(tail):
            return start + found.start()
    return source.size


def _cut_off() -> Unreadable:
    return Unreadable("The JPEG is cut off before its picture begins. Please upload the whole file.")
