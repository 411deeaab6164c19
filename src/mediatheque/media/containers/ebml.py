"""EBML, the container format of WebM (RFC 8794; the Segment is RFC 9559 section 5.1)."""

from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import truncated
from mediatheque.media.input_file import InputFile

_SEGMENT = b"\x18\x53\x80\x67"
_CLUSTER = b"\x1f\x43\xb6\x75"
_TRACKS = b"\x16\x54\xae\x6b"
_VOID, _CRC_32 = b"\xec", b"\xbf"
_SEEK_HEAD, _INFO, _CUES = b"\x11\x4d\x9b\x74", b"\x15\x49\xa9\x66", b"\x1c\x53\xbb\x6b"
_CHAPTERS, _TAGS, _ATTACHMENTS = b"\x10\x43\xa7\x70", b"\x12\x54\xc3\x67", b"\x19\x41\xa4\x69"
_IN_SEGMENT = frozenset({_CLUSTER, _TRACKS, _VOID, _CRC_32, _SEEK_HEAD, _INFO, _CUES, _CHAPTERS, _TAGS, _ATTACHMENTS})
_TIMESTAMP, _SILENT_TRACKS, _POSITION, _PREVIOUS_SIZE = b"\xe7", b"\x58\x54", b"\xa7", b"\xab"
_SIMPLE_BLOCK, _BLOCK_GROUP, _ENCRYPTED_BLOCK = b"\xa3", b"\xa0", b"\xaf"
_IN_CLUSTER = frozenset(
    {_TIMESTAMP, _SILENT_TRACKS, _POSITION, _PREVIOUS_SIZE, _SIMPLE_BLOCK, _BLOCK_GROUP, _ENCRYPTED_BLOCK}
)
_WAY_TO_ENCRYPTION = (_TRACKS, b"\xae", b"\x6d\x80", b"\x62\x40", b"\x50\x35")
_LONGEST_SIZE = 8
_LONGEST_ID = 4
_MAX_ELEMENTS = 500_000
"""Elements that are read of a recording whose Segment has no size: two hours, and two seconds of a worker's time."""

_MAX_TRACKS, _MAX_CHILDREN = 128, 1024


class Element(msgspec.Struct, frozen=True):
    """An element: where its body starts, and where that ends; None if it does not say."""

    kind: bytes
    body: int
    end: int | None


def find_end(source: InputFile) -> int:
    """Return where the Segment ends, and the padding behind it; whatever is no element may follow.

    The elements that are there decide where its size is too small or too large, and where it has none, as in a live
    recording. Raises `Unreadable` when the Segment is missing or an element of it is cut off.
    """
    segment = _find_segment(source)
    end = _end_of_elements(source, segment.body, may_be_cut=segment.end is None)
    if segment.end is None:
        return source.size if end is None else end
    if segment.end > source.size and end != source.size:
        raise truncated("WebM")
    return min(max(end or 0, segment.end), source.size)


def check_not_encrypted(source: InputFile) -> None:
    """Check that no track is encrypted; raises `Unreadable` otherwise."""
    found = [_find_segment(source)]
    for kind in _WAY_TO_ENCRYPTION:
        inside = [child for parent in found for child in read_elements(source, parent)]
        found = [child for child in inside if child.kind == kind][:_MAX_TRACKS]
    if found:
        raise Unreadable("The film or its sound is encrypted (DRM). Please upload it without copy protection.")


def read_element(source: InputFile, at: int) -> Element | None:
    """Return the element at `at`, or None where there is none."""
    head = source.read_up_to(_LONGEST_ID + _LONGEST_SIZE, at)
    length = _length(head)
    if not length or length > _LONGEST_ID:
        return None
    size_length = _length(head[length:])
    body = length + size_length
    if not size_length or len(head) < body:
        return None
    unknown = (1 << 7 * size_length) - 1
    size = int.from_bytes(head[length:body], "big") & unknown
    return Element(head[:length], at + body, None if size == unknown else at + body + size)


def read_elements(source: InputFile, parent: Element) -> Iterator[Element]:
    """Yield the first children of an element, up to the first Cluster, and up to one that is damaged."""
    at, end = parent.body, parent.end or source.size
    for _ in range(_MAX_CHILDREN):
        child = read_element(source, at) if at < end else None
        if child is None or child.kind == _CLUSTER or child.end is None or child.end > end:
            return
        yield child
        at = child.end


def _find_segment(source: InputFile) -> Element:
    header = read_element(source, 0)
    if header is None or header.end is None:
        raise Unreadable("The WebM header is damaged.")
    found = read_element(source, header.end)
    if found and found.kind == _VOID and found.end:
        found = read_element(source, found.end)
    if found is None or found.kind != _SEGMENT:
        raise Unreadable("The WebM has no segment.")
    return found


def _end_of_elements(source: InputFile, start: int, *, may_be_cut: bool) -> int | None:
    """Return the end of the last whole element; None for more elements than are read.

    Clusters may lack a size as well, so their elements are read, too, and those of one that `may_be_cut`.
    """
    at, known = start, _IN_SEGMENT
    for _ in range(_MAX_ELEMENTS):
        found = read_element(source, at)
        if found is None or found.kind not in known:
            return at
        if found.end is not None and found.end <= source.size:
            at = found.end
        elif found.kind == _CLUSTER and (may_be_cut or found.end is None):
            known, at = _IN_SEGMENT | _IN_CLUSTER, found.body
        else:
            return at
    return None


def _length(number: bytes) -> int:
    """Return the length of a variable-length number (RFC 8794 section 4), which its first byte says; 0 if damaged."""
    return 9 - number[0].bit_length() if number and number[0] else 0
