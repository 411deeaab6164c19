"""Where ISO base media files keep what they say about themselves: `uuid` boxes, user data, items of pictures.

XMP (ISO 16684-3), C2PA manifests (C2PA 2.2, A.5), EXIF and XMP items of HEIF (ISO/IEC 23008-12, annex A).
"""

import struct
from collections.abc import Iterator

from mediatheque.errors import Unreadable
from mediatheque.media.containers.block import Block
from mediatheque.media.containers.iso import boxes
from mediatheque.media.input_file import InputFile

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_UUID_BYTES, _FLAGS_BYTES, _MERKLE_BYTES = 16, 4, 8
_PURPOSE = b"manifest\0"
_MAX_ITEMS = 4_096
_MAX_TABLE_BYTES = 1 << 20
_EXIF_ITEM, _MIME_ITEM, _XMP_TYPE = b"Exif", b"mime", b"application/rdf+xml\0"


def find_blocks(source: InputFile) -> list[Block]:
    """Return the blocks of the film or picture. Damaged boxes hide what is in and behind them."""
    return list(_find(source))


def _find(source: InputFile) -> Iterator[Block]:
    for box in boxes.read_boxes(source, 0, source.size):
        match box.kind:
            case b"uuid":
                yield from _of_uuid(source, box)
            case b"moov":
                for child in boxes.read_boxes(source, box.body, box.end):
                    if child.kind == b"udta":
                        yield from _xmp_in(source, child)
            case b"meta":
                try:
                    yield from _items(source, box)
                except (Unreadable, struct.error):
                    return


def _of_uuid(source: InputFile, box: boxes.Box) -> Iterator[Block]:
    id, start = source.read_up_to(_UUID_BYTES, box.body), box.body + _UUID_BYTES
    if id == _XMP:
        yield Block(b"XMP_", start, box.end - start)
    elif id == _C2PA and source.read_up_to(len(_PURPOSE), start + _FLAGS_BYTES) == _PURPOSE:
        start += _FLAGS_BYTES + len(_PURPOSE) + _MERKLE_BYTES
        yield Block(b"C2PA", start, max(0, box.end - start))


def _xmp_in(source: InputFile, user_data: boxes.Box) -> Iterator[Block]:
    for box in boxes.read_boxes(source, user_data.body, user_data.end):
        if box.kind == b"XMP_":
            yield Block(box.kind, box.body, box.end - box.body)


def _items(source: InputFile, meta: boxes.Box) -> Iterator[Block]:
    children = {box.kind: box for box in boxes.read_boxes(source, meta.body + _FLAGS_BYTES, meta.end)}
    if not {b"iinf", b"iloc"} <= children.keys():
        return
    kinds = dict(_kinds(source, children[b"iinf"]))
    data = children[b"idat"].body if b"idat" in children else None
    for id, offset, length in _places(source, children[b"iloc"], data) if kinds else ():
        if kinds.get(id) == _EXIF_ITEM and length > 4:  # noqa: PLR2004 - how far behind these 4 bytes the TIFF file begins
            skipped = 4 + int.from_bytes(source.read_exactly(4, offset), "big")
            yield Block(_EXIF_ITEM, offset + skipped, max(0, length - skipped))
        elif kinds.get(id) == _MIME_ITEM:
            yield Block(b"XMP_", offset, length)


def _kinds(source: InputFile, info: boxes.Box) -> Iterator[tuple[int, bytes]]:
    """Yield ids and types of the items that are EXIF or XMP (ItemInfoEntry, ISO/IEC 14496-12 section 8.11.6)."""
    count_bytes = 2 if source.read_exactly(1, info.body) == b"\0" else 4
    for entry in boxes.read_boxes(source, info.body + _FLAGS_BYTES + count_bytes, info.end):
        body = source.read_up_to(min(entry.end - entry.body, 512), entry.body)
        id_bytes = 4 if body[:1] == b"\3" else 2
        id, rest = int.from_bytes(body[4 : 4 + id_bytes], "big"), body[4 + id_bytes + 2 :]
        if rest.startswith(_EXIF_ITEM) or (rest.startswith(_MIME_ITEM) and rest.endswith(_XMP_TYPE)):
            yield id, rest[:4]


def _places(source: InputFile, box: boxes.Box, data: int | None) -> Iterator[tuple[int, int, int]]:
    """Yield id, offset and length of items in one piece (ItemLocationBox, section 8.11.3)."""
    table = _Table(source.read_exactly(min(box.end - box.body, _MAX_TABLE_BYTES), box.body))
    version = table.number(1)
    table.number(3)
    sizes = table.number(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(min(table.number(2 if version < 2 else 4), _MAX_ITEMS)):  # noqa: PLR2004
        id = table.number(2 if version < 2 else 4)  # noqa: PLR2004
        method = table.number(2) & 15 if version else 0
        table.number(2)
        base, count = table.number(base_bytes), table.number(2)
        extents = [
            (table.number(index_bytes if version else 0), table.number(offset_bytes), table.number(length_bytes))
            for _ in range(count)
        ]
        start = 0 if method == 0 else data
        if count == 1 and start is not None and method in (0, 1):
            yield id, start + base + extents[0][1], extents[0][2]


class _Table:
    """Numbers in a row. Raises `Unreadable` behind the last one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, size: int) -> int:
        """Return the next number of so many bytes; 0 for none."""
        raw = self._data[self._at : self._at + size]
        if len(raw) < size:
            raise Unreadable("The table is cut off.")
        self._at += size
        return int.from_bytes(raw, "big")
