"""Recognising a format by a file's first bytes, with a few comparisons and one short scan.

The result only selects the decoder, which then finds out whether the file has that format.
"""

import re
from collections.abc import Callable

from mediatheque.media.containers.foreign import begins_as_foreign
from mediatheque.media.containers.sound import Head, ogg
from mediatheque.media.containers.sound.bare_frames import find_stream
from mediatheque.media.containers.sound.frame_runs import stream_at
from mediatheque.media.containers.sound.tags import skip_tags
from mediatheque.media.formats import FORMATS
from mediatheque.model import Format

HEAD_BYTES = 65_536
"""Bytes of a file's start that `sniff` needs; fewer only if the file is shorter."""

_ANY_PICTURE = b"heif"  # AVIF as well, by the other brands
_BRANDS: tuple[tuple[str, Callable[[bytes], object]], ...] = (
    ("video/quicktime", frozenset({b"qt  "}).__contains__),
    ("image/avif", frozenset({b"avif", b"avis"}).__contains__),
    ("image/heic", re.compile(rb"he[iv][cxms]|heif").fullmatch),
    ("audio/mp4", frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}).__contains__),
    (
        "video/mp4",
        re.compile(rb"iso[m0-9]|mp4[0-9]|mp7[0-9]|avc1|M4V|MSNV|mmp4|3g[p2]|dash|cmf|F4V|XAVC|NDX|msdh|msix").match,
    ),
)
_BOXES_WITHOUT_FTYP = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_MIN_FTYP_BYTES = 16  # a box header, a brand and its version

_PDF_HEADER = re.compile(rb"%PDF-\d")
_PDF_HEADER_RANGE = 1024 + 6

_TIME = rb"\d{1,3}:\d\d:\d\d[,.]\d{1,3}"
_BREAK = rb"[ \t]{0,8}(?:\r\n|\n|\r)[ \t]{0,8}"
FIRST_CUE = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}\d{1,9}" + _BREAK + _TIME + rb"[ \t]{0,8}-->[ \t]{0,8}" + _TIME
)
"""The beginning of a SubRip file: a number, a line break, two times."""


def sniff(head: bytes) -> Format | None:
    """Return the format that `head`, the first `HEAD_BYTES` bytes, indicates, or None when it is not supported."""
    mime = _by_magic(head) or _iso(head) or _subrip(head) or _pdf(head) or _bare_frames(head)
    return FORMATS[mime] if mime else None


def _by_magic(head: bytes) -> str | None:
    for magic, meaning in _MAGIC:
        if head.startswith(magic):
            return meaning if isinstance(meaning, str) else meaning(head)
    return None


def _riff(head: bytes) -> str | None:
    return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])


def _ebml(head: bytes) -> str | None:
    """Recognise WebM by the DocType (element 0x4282) of the EBML header; other Matroska is not supported."""
    return "video/webm" if re.search(rb"\x42\x82(?:\x84|\x40\x04)webm", head[:256]) else None


def _tagged(head: bytes) -> str | None:
    """Decide by what follows the tags; assume MP3 where `head` does not show it, which the decoder corrects."""
    view = Head(head)
    follows = head[skip_tags(view) :]
    if follows.startswith((b"fLaC", b"OggS", b"RIFF", b"RIFX", b"RF64", b"BW64")):
        return _by_magic(follows)
    stream = stream_at(view, len(head) - len(follows), 2)
    return stream.mime if stream else "audio/mpeg"


def _ogg(head: bytes) -> str | None:
    return "audio/ogg" if ogg.holds_sound(Head(head)) else None


def _iso(head: bytes) -> str | None:
    """Recognise ISO media by its brands (ISO/IEC 14496-12 section 4.3); QuickTime files may have none."""
    size, box = int.from_bytes(head[:4], "big"), head[4:8]
    if box in _BOXES_WITHOUT_FTYP:
        return "video/quicktime"
    if box != b"ftyp" or size < _MIN_FTYP_BYTES:
        return None
    body = head[8 : min(size, 512)]
    major, *compatible = (body[at : at + 4] for at in (0, *range(8, len(body) - 3, 4)))
    return _by_brands(major, frozenset(compatible))


def _by_brands(major: bytes, compatible: frozenset[bytes]) -> str | None:
    """Decide by the major brand where it is known, by the compatible ones otherwise: pictures first."""
    groups = ({major} - {_ANY_PICTURE}, compatible | {major})
    return next((mime for brands in groups for mime, known in _BRANDS if any(map(known, brands))), None)


def _pdf(head: bytes) -> str | None:
    """Recognise PDF by its header, which readers find behind up to 1,024 bytes: banners, or tickets of print jobs.

    A program or an archive before it is no banner: an archive may have the PDF as its first file.
    """
    found = _PDF_HEADER.search(head[:_PDF_HEADER_RANGE])
    return "application/pdf" if found and not begins_as_foreign(head) else None


def _bare_frames(head: bytes) -> str | None:
    stream = find_stream(Head(head))
    return stream.mime if stream else None


def _subrip(head: bytes) -> str | None:
    return "application/x-subrip" if FIRST_CUE.match(head) and b"\0" not in head else None


_MAGIC: tuple[tuple[bytes, str | Callable[[bytes], str | None]], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", _riff),
    (b"RIFX", _riff),
    (b"RF64", _riff),
    (b"BW64", _riff),
    (b"\x1a\x45\xdf\xa3", _ebml),
    (b"ID3", _tagged),
    (b"APETAGEX", _tagged),
    (b"OggS", _ogg),
    (b"fLaC", "audio/flac"),
    (b"glTF", "model/gltf-binary"),
    (b"PK\x03\x04", "application/zip"),
)
