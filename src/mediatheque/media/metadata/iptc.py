"""IPTC-IIM in Photoshop's image resources, which are in a JPEG's APP13 segments (IIM 4.2, Adobe's file formats)."""

import struct
from collections.abc import Iterator

from mediatheque.media.metadata.collected import Collected
from mediatheque.media.metadata.tiff import decode

_RESOURCE, _IIM = b"8BIM", 0x0404
_MAX_RECORDS = 2_000
_LONG = 0x8000  # in the length of a value that is longer than 32 KiB, which no text is
_UTF_8 = b"\x1b%G"
_NAMES = {
    5: "title",
    15: "category",
    25: "keywords",
    40: "instructions",
    55: "date_created",
    60: "time_created",
    80: "creator",
    85: "creator_job",
    90: "city",
    92: "location",
    95: "state",
    100: "country_code",
    101: "country",
    103: "job_id",
    105: "headline",
    110: "credit",
    115: "source",
    116: "copyright",
    120: "caption",
    122: "caption_writer",
}
_LISTS = frozenset({"keywords", "creator"})


def read_iptc(resources: bytes, collected: Collected) -> None:
    """Collect the values of the application record."""
    found: dict[str, list[str]] = {}
    for kind, body in _resources(resources):
        if kind == _IIM:
            for name, text in _texts(body):
                found.setdefault(name, []).append(text)
    for name, texts in found.items():
        collected.add("iptc", name, [*texts] if name in _LISTS else texts[0])


def _resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the id and the body of each resource. Names and bodies are padded to an even length."""
    at = 0
    while data[at : at + 4] == _RESOURCE and at + 7 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        at += 6 + (data[at + 6] + 2) // 2 * 2
        if at + 4 > len(data):
            return
        (size,) = struct.unpack_from(">I", data, at)
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def _texts(body: bytes) -> Iterator[tuple[str, str]]:
    at, utf_8 = 0, False
    for _ in range(_MAX_RECORDS):
        if at + 5 > len(body) or body[at] != 0x1C:  # noqa: PLR2004 - the mark of a value
            return
        record, number, size = struct.unpack_from(">BBH", body, at + 1)
        if size & _LONG:
            return
        value, at = body[at + 5 : at + 5 + size], at + 5 + size
        if (record, number) == (1, 90):
            utf_8 = value == _UTF_8
        elif record == 2 and number in _NAMES:  # noqa: PLR2004 - the application record
            yield _NAMES[number], value.decode(errors="replace") if utf_8 else decode(value)
