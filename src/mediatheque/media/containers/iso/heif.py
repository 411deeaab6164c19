"""The boxes of AVIF and HEIC (ISO/IEC 23008-12), up to where a picture's file ends."""

import re
import struct

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, truncated
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import Part, Range

_PICTURE = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"idat"})
_DESCRIPTION = frozenset({b"meta", b"moov"})
_MAX_META_BYTES = 1 << 20
_EXIF_ITEM = re.compile(rb"infe(?:\x02.{3}..|\x03.{3}.{4})\0\0Exif", re.DOTALL)  # ItemInfoEntry, section 8.11.6
_WIDE, _TO_END = 1, 0


def read_parts(source: InputFile) -> list[Part]:
    """Return the picture's boxes without its EXIF block, because decoders refuse a picture for a damaged one.

    Raises `Unreadable` when a box that the picture needs is missing or cut off. Whatever is no box may follow it.
    """
    at, boxes = 0, dict[bytes, Range]()
    for _ in range(MAX_PARTS):
        size, kind = _read_box(source, at)
        if at + size > source.size and (kind in _PICTURE or not boxes.keys() & _DESCRIPTION):
            raise truncated("picture")
        if not size or at + size > source.size:
            break
        boxes.setdefault(kind, Range(at, size))
        at += size
    else:
        raise too_many_parts("picture")
    if not boxes.keys() & _DESCRIPTION:
        raise Unreadable("The picture has no description in it.")
    check_tail(source, at)
    return _without_exif(source, boxes.get(b"meta", Range(0, 0)), at)


def _without_exif(source: InputFile, meta: Range, end: int) -> list[Part]:
    """Give the EXIF item a type that no decoder knows."""
    body = source.read_up_to(min(meta.length, _MAX_META_BYTES), meta.offset)
    parts, at = list[Part](), 0
    for found in _EXIF_ITEM.finditer(body):
        parts += [Range(at, meta.offset + found.end() - 4 - at), b"skip"]
        at = meta.offset + found.end()
    return [*parts, Range(at, end - at)]


def _read_box(source: InputFile, at: int) -> tuple[int, bytes]:
    """Return the size and type of the box; a size of 0 where there is none."""
    head = source.read_up_to(16, at)
    if len(head) < 8:  # noqa: PLR2004 - a size and a type
        return 0, b""
    size, kind = struct.unpack_from(">I4s", head)
    minimum = 8
    if size == _WIDE:
        size, minimum = int.from_bytes(head[8:], "big"), 16
    elif size == _TO_END and kind in _PICTURE:
        size = source.size - at
    return (size, kind) if size >= minimum else (0, kind)
