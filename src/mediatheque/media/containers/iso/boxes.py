"""ISO base media boxes (ISO/IEC 14496-12 section 4.2): MP4, MOV and M4A."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, truncated
from mediatheque.media.input_file import InputFile

_HEADER_BYTES = 8
MAX_CHILDREN = 1024
"""Boxes that are read of one box."""

_WIDE = 1  # a 64-bit size follows the type
_TO_END = 0
_PRINTABLE = frozenset(range(0x20, 0x7F)) | {0xA9}  # 0xA9 begins QuickTime's own types


class Box(msgspec.Struct, frozen=True):
    """A box: where it starts, where its body does, and where it says that it ends."""

    kind: bytes
    start: int
    body: int
    end: int


class Extent(msgspec.Struct, frozen=True):
    """Where the boxes of a film end, where the last box that it needs does, and its index (`moov`).

    `certain` unless more than the boxes follows, or the box of media is missing, damaged or cut off: then the index
    says where the last sample is. `cut` if that may be behind the end of the file.
    """

    end: int
    needed: int
    index: Box
    certain: bool = True
    cut: bool = False


def find_end(source: InputFile) -> Extent:
    """Return where a film's boxes end. Whatever is no box may follow them, and so may another film.

    A recording in fragments ends with its last whole fragment. Raises `Unreadable` when the index is missing, or when a
    box that the film needs is cut off or damaged.
    """
    walk = _Walk()
    for _ in range(MAX_PARTS):
        box = read_box(source, walk.end) if walk.end < source.size else None
        if box is None or (box.kind == b"ftyp" and walk.is_complete):
            return walk.finish(source)
        if box.end > source.size:
            return walk.finish_at_cut(source, box)
        walk.add(box)
    raise too_many_parts("container")


def read_box(source: InputFile, at: int, end: int | None = None) -> Box | None:
    """Return the box at `at`, or None where there is none. `end` is the end of the box around it."""
    head = source.read_up_to(2 * _HEADER_BYTES, at)
    if len(head) < _HEADER_BYTES or not _PRINTABLE.issuperset(head[4:8]):
        return None
    size, kind = struct.unpack_from(">I4s", head)
    header = _HEADER_BYTES
    if size == _WIDE:
        size, header = int.from_bytes(head[8:], "big"), 2 * _HEADER_BYTES
    elif size == _TO_END:
        size = (source.size if end is None else end) - at
    return Box(kind, at, at + header, at + size) if size >= header else None


def read_boxes(source: InputFile, start: int, end: int) -> Iterator[Box]:
    """Yield the first `MAX_CHILDREN` boxes from `start` to `end`, up to one that is damaged."""
    at = start
    for _ in range(MAX_CHILDREN):
        box = read_box(source, at, end) if at < end else None
        if box is None or box.end > end:
            return
        yield box
        at = box.end


def major_brand(source: InputFile) -> bytes:
    """Return the file's major brand; empty for a QuickTime file without brands."""
    size, kind, brand = struct.unpack(">I4s4s", source.read_exactly(12, 0))
    return brand if kind == b"ftyp" and size >= 16 else b""  # noqa: PLR2004 - a header, a brand and its version


class _Walk:
    """The whole boxes from the start of a file, and what they make of it."""

    def __init__(self) -> None:
        self.end = self._needed = 0
        self._index: Box | None = None
        self._has_media = self._has_fragments = False
        self._open_fragment: int | None = None

    def add(self, box: Box) -> None:
        """Take the next box."""
        match box.kind:
            case b"moov" if self._index is None:
                self._index, self._needed = box, box.end
            case b"moof":
                self._open_fragment = box.start if self._open_fragment is None else self._open_fragment
                self._has_fragments = True
            case b"mdat":
                self._has_media, self._open_fragment, self._needed = True, None, box.end
        self.end = box.end

    @property
    def is_complete(self) -> bool:
        """Whether there are an index and media."""
        return self._index is not None and self._has_media

    def finish(self, source: InputFile) -> Extent:
        """Return the extent when no box follows."""
        if self._index is None:
            raise Unreadable("The file has no index (moov): it was probably not finished.")
        if self._open_fragment is not None:
            return Extent(self._open_fragment, self._open_fragment, self._index)
        certain = self._has_fragments or (self.end == source.size and self._has_media)
        return Extent(self.end, self._needed, self._index, certain=certain, cut=not self._has_media)

    def finish_at_cut(self, source: InputFile, box: Box) -> Extent:
        """Return the extent when the last box says that it is longer than the file."""
        if self._index is None or (self._has_fragments and not self._has_media):
            raise truncated("container")
        if box.kind == b"mdat" and not self._has_fragments:
            return Extent(box.start, self._needed, self._index, certain=False, cut=True)
        return self.finish(source)
