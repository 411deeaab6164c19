"""Ogg pages (RFC 3533 section 6)."""

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts, truncated
from mediatheque.media.input_file import InputFile

_HEADER = 27


def check_extent(source: InputFile) -> None:
    """Check that pages fill the file; raises `Unreadable` otherwise."""
    at = 0
    for _ in range(MAX_PARTS):
        if at == source.size:
            return
        page = source.read_up_to(_HEADER + 255, at)
        if not page.startswith(b"OggS\0") or len(page) < _HEADER:
            raise Unreadable("The Ogg file has something between or behind its pages.")
        segments = page[26]
        at += _HEADER + segments + sum(page[_HEADER : _HEADER + segments])
        if at > source.size:
            raise truncated("Ogg file")
    raise too_many_parts("Ogg file")
