"""Ogg pages (RFC 3533 section 6), and the length of sound by their granule positions.

Links of a chain follow each other, and their lengths add up. Players look for the next page behind damage, and ignore
what is behind the last one.
"""

import struct
from collections.abc import Callable, Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts
from mediatheque.media.containers.sound import Readable, Sound
from mediatheque.media.input_file import InputFile

_HEADER = 27
_MAGIC = b"OggS\0"
_MAX_GAP = 1 << 20
"""Bytes without a page after which the rest of the file is a tail, and is not searched."""

_MAX_TRIES = 20_000
_WINDOW_BYTES = 8192
_FIRST_OF_STREAM = 2
_ALL_FLAGS = 7
_MAX_STREAMS = 16
_VIDEO = (b"\x80theora", b"BBCD\0", b"\x01video", b"OVP80")
_PACKET_BYTES = 64  # of a stream's first packet


class Page(msgspec.Struct, frozen=True):
    """The fields of a page header, how many packets end in it, and where its body begins and ends."""

    starts_stream: bool
    granule: int
    serial: int
    packets: int
    body: int
    end: int


class _Stream(msgspec.Struct):
    """Granule positions of one logical stream: their rate and those that its sound begins and ends with.

    One that was cut out of a longer stream begins later than its first packets can last.
    """

    rate: int
    longest_packet: int
    start: int = 0
    last: int = 0
    has_sound: bool = False

    def advance(self, page: Page) -> None:
        """Go on to the end of the page."""
        if not self.has_sound and page.granule > page.packets * self.longest_packet + self.start:
            self.start = page.granule
        self.has_sound, self.last = True, max(self.last, page.granule)

    @property
    def seconds(self) -> float:
        """The length of what plays."""
        return max(0, self.last - self.start) / self.rate


def read_page(source: Readable, at: int) -> Page | None:
    """Read the header of the page at `at`; None where there is none. Its body may be cut off."""
    head = source.read_up_to(_HEADER + 255, at)
    if not head.startswith(_MAGIC) or len(head) < _HEADER or len(head) < _HEADER + head[26]:
        return None
    flags, granule, serial = struct.unpack_from("<BqI", head, 5)
    if flags > _ALL_FLAGS:
        return None
    lengths = head[_HEADER : _HEADER + head[26]]
    body = at + _HEADER + len(lengths)
    packets = len(lengths) - lengths.count(255)
    return Page(bool(flags & _FIRST_OF_STREAM), granule, serial, packets, body, body + sum(lengths))


def holds_sound(source: Readable) -> bool:
    """Whether the first pages, where all streams begin, begin one of sound that players decode, and no video."""
    at, found = 0, False
    for _ in range(_MAX_STREAMS):
        page = read_page(source, at)
        if page is None or not page.starts_stream:
            break
        packet = source.read_up_to(_PACKET_BYTES, page.body)
        if packet.startswith(_VIDEO):
            return False
        found = found or any(packet.startswith(magic) for magic, _ in _CODECS)
        at = page.end
    return found


def read_sound(source: InputFile, start: int) -> Sound:
    """Add up the links of the chain that begins at `start`. Raises `Unreadable` when there is no sound."""
    links: list[dict[int, _Stream]] = [{}]
    in_headers, end = True, start
    for page in _pages(source, start):
        if page.starts_stream:
            if not in_headers:
                links.append({})
            stream = _begin_stream(source.read_up_to(_PACKET_BYTES, page.body))
            if stream:
                links[-1][page.serial] = stream
        elif page.granule > 0 and page.serial in links[-1]:
            links[-1][page.serial].advance(page)
        in_headers, end = page.starts_stream, page.end
    seconds = sum(max((stream.seconds for stream in link.values()), default=0.0) for link in links)
    if not seconds:
        raise Unreadable("The Ogg file has no whole page of sound.")
    return Sound("audio/ogg", start, end, seconds)


def _pages(source: InputFile, at: int) -> Iterator[Page]:
    """Yield whole pages. The first behind damage must have another or the end behind it: its magic may be chance."""
    tries, in_order = 0, True
    for _ in range(MAX_PARTS):
        page = read_page(source, at)
        if page and page.end <= source.size and (in_order or source.read_up_to(5, page.end) in (_MAGIC, b"")):
            yield page
            at, in_order = page.end, True
            continue
        found, tries = _find_magic(source, at + 1), tries + 1
        if found is None:
            return
        if tries > _MAX_TRIES:
            raise Unreadable("The Ogg file is damaged in too many places.")
        at, in_order = found, False
    raise too_many_parts("Ogg file")


def _find_magic(source: InputFile, start: int) -> int | None:
    """Return where the next page may begin, None if that is not near."""
    for at in range(start, min(start + _MAX_GAP, source.size), _WINDOW_BYTES):
        found = source.read_up_to(_WINDOW_BYTES + len(_MAGIC), at).find(_MAGIC)
        if found >= 0:
            return at + found
    return None


def _begin_stream(packet: bytes) -> _Stream | None:
    """Return the stream that begins with this packet; None if it is not sound that players decode."""
    for magic, begin in _CODECS:
        if packet.startswith(magic):
            stream = begin(packet.ljust(_PACKET_BYTES, b"\0"))
            return stream if stream.rate else None
    return None


_CODECS: tuple[tuple[bytes, Callable[[bytes], _Stream]], ...] = (
    (b"OpusHead", lambda packet: _Stream(48_000, 5_760, int.from_bytes(packet[10:12], "little"))),
    (b"\x01vorbis", lambda packet: _Stream(int.from_bytes(packet[12:16], "little"), 8_192)),
    (b"\x7fFLAC", lambda packet: _Stream(int.from_bytes(packet[27:30], "big") >> 4, 65_535)),
    (b"Speex  ", lambda packet: _Stream(int.from_bytes(packet[36:40], "little"), 6_400)),
)
"""The first packet of each codec, from which come granules in a second, and in the longest packet."""
