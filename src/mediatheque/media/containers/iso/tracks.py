"""The tracks of MP4 and QuickTime files, as their index describes them (ISO/IEC 14496-12 section 8)."""

from collections.abc import Iterator

from mediatheque.errors import Unreadable
from mediatheque.media.containers.iso.boxes import Box, read_boxes
from mediatheque.media.input_file import InputFile

_ENCRYPTED = frozenset({b"encv", b"enca", b"drmi", b"drms"})  # ISO/IEC 14496-12 section 8.12, and FairPlay
_WAY_TO_ENTRIES = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_MAX_TRACKS = 128
_TABLE_HEADER_BYTES = 8  # version, flags and the number of entries


def check_not_encrypted(source: InputFile, index: Box) -> None:
    """Check that sound and pictures are not encrypted; raises `Unreadable` otherwise."""
    if any(entry.kind in _ENCRYPTED for entry in _sample_entries(source, index)):
        raise Unreadable("The film or its sound is encrypted (DRM). Please upload it without copy protection.")


def _sample_entries(source: InputFile, index: Box) -> Iterator[Box]:
    """Yield the descriptions of how samples are coded, of each track."""
    boxes = [index]
    for kind in _WAY_TO_ENTRIES:
        boxes = [child for box in boxes for child in read_boxes(source, box.body, box.end) if child.kind == kind]
        del boxes[_MAX_TRACKS:]
    for table in boxes:
        yield from read_boxes(source, table.body + _TABLE_HEADER_BYTES, table.end)
