"""Polyglots: files of two formats at once, which one program displays and another unpacks or runs."""

import struct

from mediatheque.errors import Unreadable
from mediatheque.media.input_file import InputFile

_NEAR_START = 1024  # PDF readers look for their header in this range, and browsers for markup
_MARKUP = (b"<script", b"<html", b"<!doctype", b"<svg", b"<?php")
_END_OF_ZIP = struct.Struct("<4sHHHHIIH")  # APPNOTE 4.3.16: the end of central directory record
_ZIP_TAIL = _END_OF_ZIP.size + 0xFFFF


def refuse_polyglot(source: InputFile, mime: str) -> None:
    """Refuse a file that is also a ZIP archive, a PDF or an HTML page, with `Unreadable`.

    Subtitles may contain markup, and an archive may begin with the bytes of its first file.
    """
    if mime == "application/zip":
        return
    start = source.read_up_to(_NEAR_START).lower()
    if mime != "application/pdf" and b"%pdf-" in start:
        raise Unreadable("The file is also a PDF document.")
    if mime != "application/x-subrip" and any(tag in start for tag in _MARKUP):
        raise Unreadable("The file contains markup where none belongs.")
    if _ends_with_zip_directory(source):
        raise Unreadable("The file is also a ZIP archive.")


def _ends_with_zip_directory(source: InputFile) -> bool:
    tail = source.read_tail(_ZIP_TAIL)
    base = source.size - len(tail)
    at = tail.rfind(b"PK\x05\x06")
    while at != -1:
        if len(tail) - at >= _END_OF_ZIP.size and _is_directory(source, tail, at, base):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False


def _is_directory(source: InputFile, tail: bytes, at: int, base: int) -> bool:
    """Compressed data may contain the signature by chance, so the record must also point at a central directory."""
    _, disk, directory_disk, here, total, size, offset, _ = _END_OF_ZIP.unpack_from(tail, at)
    if disk != directory_disk or here != total:
        return False
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        return True  # a ZIP64 locator before it
    starts = (base + at - size, offset)
    return any(source.read_up_to(4, start) == b"PK\x01\x02" for start in starts if 0 <= start < source.size)
