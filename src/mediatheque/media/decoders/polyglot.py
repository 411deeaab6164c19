"""Polyglots: files of two formats at once, which one program displays and another opens or runs.

Decision 17 says what is looked for, and why markup is not.
"""

import re
import struct

from mediatheque.errors import Unreadable
from mediatheque.media.decoders.documents import is_pdf
from mediatheque.media.input_file import InputFile

_NEAR_START = 1024  # PDF readers look for their header in this range
_PDF_HEADER_LINE = re.compile(rb"%PDF-\d\.\d[ \t]*[\r\n]")
_END_OF_ZIP = struct.Struct("<4sHHHHIIH")  # APPNOTE 4.3.16: the end of central directory record
_ZIP_TAIL = _END_OF_ZIP.size + 0xFFFF
_MAX_DIRECTORY = 1 << 20
_STREAM = re.compile(rb"stream\r?\n\Z")
_END_OF_STREAM = re.compile(rb"\s*endstream")


def refuse_polyglot(source: InputFile, mime: str) -> None:
    """Refuse a file that is also a ZIP archive or a PDF, with `Unreadable`.

    An archive may begin with the bytes of its first file, and a PDF may have archives attached.
    """
    if mime == "application/zip":
        return
    if mime != "application/pdf" and _begins_as_pdf(source):
        raise Unreadable("The file is also a PDF document. Please upload the two separately.")
    if _ends_with_zip_directory(source, attachments=mime == "application/pdf"):
        raise Unreadable("The file is also a ZIP archive. Please upload the two separately.")


def _begins_as_pdf(source: InputFile) -> bool:
    """Whether a PDF reader would open the file; a text that mentions the header is no document."""
    start = source.read_up_to(_NEAR_START)
    return b"%PDF-" in start and (_PDF_HEADER_LINE.search(start) is not None or is_pdf(source))


def _ends_with_zip_directory(source: InputFile, *, attachments: bool) -> bool:
    """Whether the end of a ZIP archive is where programs look for it. `attachments` allows what a PDF has attached."""
    tail = source.read_tail(_ZIP_TAIL)
    base = source.size - len(tail)
    at = tail.rfind(b"PK\x05\x06")
    while at != -1:
        if len(tail) - at >= _END_OF_ZIP.size and _is_directory(source, tail, at, base):
            end = base + at
            if not (attachments and _is_attachment(source, end)):
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


def _is_attachment(source: InputFile, end: int) -> bool:
    """Whether the archive whose last record is at `end` fills a stream of a PDF, and is none that Java would run."""
    *_, size, offset, comment = _END_OF_ZIP.unpack(source.read_exactly(_END_OF_ZIP.size, end))
    directory, start = end - size, end - size - offset
    if start < _END_OF_ZIP.size or size > _MAX_DIRECTORY:
        return False
    before = source.read_up_to(8, start - 8)
    behind = source.read_up_to(16, end + _END_OF_ZIP.size + comment)
    is_whole_stream = bool(_STREAM.search(before) and _END_OF_STREAM.match(behind))
    return is_whole_stream and b"META-INF/MANIFEST.MF" not in source.read_up_to(size, directory)
