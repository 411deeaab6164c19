"""Texts of a PNG: tEXt, zTXt and iTXt (W3C PNG, third edition, section 11.3.3). A small chunk can hold a large bomb."""

import zlib

from mediatheque.errors import Unreadable
from mediatheque.media.metadata.tiff import decode

KINDS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
PROFILE = "Raw profile type "
MAX_TEXT_BYTES = 2 << 20
"""Bytes of one text, after decompression; a longer one is not read."""


def parse_text(kind: bytes, body: bytes) -> tuple[str, bytes]:
    """Return the keyword and the text of a chunk. Raises `Unreadable` for a damaged one and for one too long."""
    keyword, separator, rest = body.partition(b"\0")
    if not separator or not keyword:
        raise Unreadable("A text without a keyword.")
    if kind == b"zTXt":
        rest = _inflate(rest[1:])
    elif kind == b"iTXt":
        packed, (_, _, rest) = rest[:1] == b"\1", _split(rest[2:])
        rest = _inflate(rest) if packed else rest
    if len(rest) > MAX_TEXT_BYTES:
        raise Unreadable("A text is too long.")
    return decode(keyword), rest


def raw_profile(text: bytes) -> bytes | None:
    """Return the block in a text that ImageMagick has as `Raw profile type ...`; None if it is not in that form.

    Its name and its length stand in lines of their own, then it follows in hexadecimal digits.
    """
    _, _, digits = text.strip().partition(b"\n")
    _, _, digits = digits.strip().partition(b"\n")
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None


def _split(rest: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the language, the keyword in that language, and the text."""
    language, _, rest = rest.partition(b"\0")
    translated, separator, text = rest.partition(b"\0")
    if not separator:
        raise Unreadable("A text without its language.")
    return language, translated, text


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, MAX_TEXT_BYTES)
    except zlib.error as error:
        raise Unreadable("A text does not decompress.") from error
    if inflater.unconsumed_tail:
        raise Unreadable("A text is too long.")
    return text
