"""ID3v2 tags at the beginning of audio files (id3.org, versions 2.2 to 2.4)."""

import re
from collections.abc import Iterator

from mediatheque.media.containers.sound.tags import TAG_BYTES, tag_size
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata.c2pa.manifest import read_c2pa
from mediatheque.media.metadata.collected import Collected

MAX_TAG_BYTES = 1 << 20
"""Bytes of a tag that are read. A cover may be larger, and stands behind the texts."""

_MAX_FRAMES = 500
_MAX_TEXT_BYTES = 128 << 10
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_NAMES = {
    "TIT2": "title", "TT2": "title", "TPE1": "artist", "TP1": "artist", "TALB": "album", "TAL": "album",
    "TPE2": "album_artist", "TP2": "album_artist", "TCOM": "composer", "TCM": "composer", "TCON": "genre",
    "TCO": "genre", "TRCK": "track", "TRK": "track", "TPOS": "disc", "TPA": "disc", "TDRC": "date", "TYER": "date",
    "TYE": "date", "TCOP": "copyright", "TCR": "copyright", "TBPM": "bpm", "TBP": "bpm", "TKEY": "key", "TKE": "key",
    "TLAN": "language", "TLA": "language", "TPUB": "publisher", "TPB": "publisher", "TEXT": "lyricist",
    "TSRC": "isrc", "TIT1": "grouping", "TIT3": "subtitle",
}  # fmt: skip
_COMMENTS, _LYRICS, _OWN = ("COMM", "COM"), ("USLT", "ULT"), ("TXXX", "TXX")
_OBJECT, _MANIFEST = "GEOB", re.compile(rb"[\0-\3]application/(?:x-)?c2pa(?:-manifest-store)?\0")


def read_id3(source: InputFile, collected: Collected) -> None:
    """Collect the texts of the tag that the file begins with."""
    head = source.read_up_to(TAG_BYTES)
    size = tag_size(head)
    if not head.startswith(b"ID3") or not size:
        return
    version, flags = head[3], head[5]
    tag = source.read_up_to(min(size, MAX_TAG_BYTES), 0)[10:]
    if flags & _UNSYNCHRONISED and version < 4:  # noqa: PLR2004 - later on each frame says so itself
        tag = tag.replace(b"\xff\0", b"\xff")
    for name, body in _frames(tag, version, extended=bool(flags & _EXTENDED)):
        if name == _OBJECT and _MANIFEST.match(body) and (start := body.find(b"jumb") - 4) > 0:
            read_c2pa(source, [body[start:]], collected)
        else:
            _collect(name, body, collected)


def _frames(tag: bytes, version: int, *, extended: bool) -> Iterator[tuple[str, bytes]]:
    """Yield names and bodies of frames that are not larger than texts are."""
    header, at = (6 if version == 2 else 10), 0  # noqa: PLR2004 - names had three letters
    if extended and version > 2:  # noqa: PLR2004
        at = _size(tag[:4], version) + (4 if version == 3 else 0)  # noqa: PLR2004
    for _ in range(_MAX_FRAMES):
        head = tag[at : at + header]
        if len(head) < header or not head[:3].isalnum():
            return
        name = head[: header - 6 if header == 10 else 3].decode("latin-1")  # noqa: PLR2004
        size = _size(head[4:8], version) if header == 10 else int.from_bytes(head[3:6], "big")  # noqa: PLR2004
        body = tag[at + header : at + header + size]
        at += header + size
        if len(body) < size:
            return
        if 0 < size <= _MAX_TEXT_BYTES and not (header == 10 and head[9] & 0x0C):  # noqa: PLR2004 - neither packed nor secret
            yield name, _body(body, version, head[-1] if header == 10 else 0)  # noqa: PLR2004


def _size(raw: bytes, version: int) -> int:
    """Sizes have seven bits in each byte since version 2.4."""
    bits = 8 if version < 4 else 7  # noqa: PLR2004
    return sum((byte & 0xFF >> 8 - bits) << bits * n for n, byte in enumerate(reversed(raw)))


def _body(body: bytes, version: int, flags: int) -> bytes:
    if version < 4:  # noqa: PLR2004
        return body
    body = body[4:] if flags & 1 else body  # the length before it was written
    return body.replace(b"\xff\0", b"\xff") if flags & 2 else body


def _collect(name: str, body: bytes, collected: Collected) -> None:
    encoding = _ENCODINGS[body[0]] if body[0] < len(_ENCODINGS) else "latin-1"
    if name in _NAMES:
        texts = _split(body[1:], encoding)
        collected.add("tags", _NAMES[name], " / ".join(texts))
    elif name in _COMMENTS or name in _LYRICS:
        described, *texts = _split(body[4:], encoding, keep_empty=True)
        label = "comment" if name in _COMMENTS else "lyrics"
        collected.add("tags", f"{label}:{described}" if described else label, "\n".join(texts))
    elif name in _OWN:
        described, *texts = _split(body[1:], encoding, keep_empty=True)
        collected.add("tags", described.lower(), "\n".join(texts))


def _split(raw: bytes, encoding: str, *, keep_empty: bool = False) -> list[str]:
    """Return the texts between NULs. Each of UTF-16 may begin with its own byte order mark."""
    if not encoding.startswith("utf-16"):
        texts = raw.decode(encoding, "replace").split("\0")
    else:
        little = encoding == "utf-16" and raw[:2] != b"\xfe\xff"
        whole = raw[: len(raw) // 2 * 2].decode(f"utf-16-{'le' if little else 'be'}", "replace")
        texts = [text.lstrip("\ufeff") for text in whole.split("\0")]
    return texts if keep_empty else [text for text in texts if text.strip()]
