"""Tags before, behind and between the frames of an audio file: ID3, APE and Lyrics3."""

import struct

from mediatheque.media.containers.sound import Readable

TAG_BYTES = 32
"""Bytes of a tag's beginning that tell its size."""

_MAX_TAGS = 64
_ID3V1_BYTES = 128
_APE_HAS_HEADER = 1 << 31
_APE_IS_HEADER = 1 << 29


def tag_size(head: bytes) -> int:
    """Return the size of the tag that `head`, `TAG_BYTES` long, begins with; 0 without one."""
    if head.startswith(b"ID3"):
        return _id3v2_size(head)
    if head.startswith(b"APETAGEX") and len(head) == TAG_BYTES:
        return _ape_size(head)
    return _ID3V1_BYTES if head.startswith(b"TAG") else 0


def skip_tags(source: Readable, at: int = 0) -> int:
    """Return the offset behind the tags at `at`. One longer than the file ends behind its header."""
    for _ in range(_MAX_TAGS):
        size = tag_size(source.read_up_to(TAG_BYTES, at))
        if not size:
            break
        at += size if at + size <= source.size else 10
    return at


def _id3v2_size(head: bytes) -> int:
    """Sizes have seven bits in each byte (ID3v2.4 section 3.1); a byte of more is no tag."""
    if len(head) < 10 or head[3] == 0xFF or max(head[6:10]) > 0x7F:  # noqa: PLR2004 - the header of a tag
        return 0
    a, b, c, d = head[6:10]
    footer = 10 if head[5] & 0x10 else 0
    return 10 + (a << 21 | b << 14 | c << 7 | d) + footer


def _ape_size(head: bytes) -> int:
    """The size excludes the header (APEv2). What stands where a tag begins may also be a footer alone."""
    size, flags = struct.unpack_from("<I4xI", head, 12)
    if not flags & _APE_IS_HEADER:
        return TAG_BYTES
    return int(size) + TAG_BYTES if flags & _APE_HAS_HEADER else int(size)
