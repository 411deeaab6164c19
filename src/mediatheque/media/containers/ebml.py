"""EBML, the container format of WebM (RFC 8794; the Segment is RFC 9559 section 5.1)."""

from mediatheque.errors import Unreadable
from mediatheque.media.containers import trailing, truncated
from mediatheque.media.input_file import InputFile

_SEGMENT = b"\x18\x53\x80\x67"
_VOID = b"\xec"


def check_extent(source: InputFile) -> None:
    """Check that the file is a header and one Segment; raises `Unreadable` otherwise.

    A streamed Segment has no size.
    """
    header, at = _size(source, 4)
    if header is None:
        raise Unreadable("The WebM header is damaged.")
    at += header
    at += _voids(source, at)
    if source.read_up_to(4, at) != _SEGMENT:
        raise Unreadable("The WebM has no segment.")
    size, at = _size(source, at + 4)
    if size is None:
        return
    if at + size > source.size:
        raise truncated("WebM")
    at += size
    if at + _voids(source, at) != source.size:
        raise trailing("WebM")


def _size(source: InputFile, at: int) -> tuple[int | None, int]:
    """Return a variable-length size (RFC 8794 section 4), None if unknown, and the offset of the element's body."""
    first = source.read_exactly(1, at)[0]
    length = 9 - first.bit_length()
    if length > 8:  # noqa: PLR2004 - the longest size
        raise Unreadable("The WebM is damaged.")
    value = int.from_bytes(source.read_exactly(length, at), "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length


def _voids(source: InputFile, at: int) -> int:
    """Return the size of the padding element at `at`, or 0."""
    if source.read_up_to(1, at) != _VOID:
        return 0
    size, body = _size(source, at + 1)
    return body + (size or 0) - at
