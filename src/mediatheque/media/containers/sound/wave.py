"""WAV: its format, and the bytes of sound that are there, whatever its header says (Microsoft's RIFF WAVE; EBU 3306).

Programs that stream cannot fill in sizes afterwards. They write 0, the largest number, or any large one, and a
recording that was cut off has a size that was true once. So sound ends at its size or at the end of the file,
and the size of the whole is not used. RIFX is the same with the bytes of its numbers in the other order.
"""

import struct

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.containers import MAX_PARTS, too_many_parts
from mediatheque.media.containers.foreign import ARCHIVE, SIGNATURE_BYTES
from mediatheque.media.containers.sound import Sound
from mediatheque.media.input_file import InputFile

_FIRST_CHUNK = 12
_MAX_CHUNKS_BEHIND = 1_000
_IN_DS64 = 0xFFFFFFFF
_EXTENSIBLE = 0xFFFE
_EVEN_FORMATS = frozenset({0x0001, 0x0003, 0x0006, 0x0007})
"""PCM, floats, A-law and mu-law: every sample has the same size."""


class _WaveFormat(msgspec.Struct, frozen=True):
    """The fields of a fmt chunk from which bytes become seconds."""

    tag: int
    channels: int
    rate: int
    block: int
    bits: int

    def seconds(self, size: int) -> float | None:
        """Return the length of that many bytes; None if samples are compressed."""
        if self.tag not in _EVEN_FORMATS or not self.rate or not self.channels:
            return None
        block = max(self.block, self.channels * ((self.bits + 7) // 8))
        return size // block / self.rate if block else None


def read_sound(source: InputFile, start: int) -> Sound:
    """Read the chunks of the WAV at `start` up to its sound. Raises `Unreadable` when there is none."""
    order = ">" if source.read_up_to(4, start) == b"RIFX" else "<"
    format_, data_size, at = None, 0, start + _FIRST_CHUNK
    for _ in range(MAX_PARTS):
        header = source.read_up_to(8, at)
        if len(header) < 8:  # noqa: PLR2004 - a chunk header
            break
        kind, size = struct.unpack(f"{order}4sI", header)
        at += 8
        if kind == b"data" and format_:
            return _read_data(source, start, at, data_size if size == _IN_DS64 else size, format_)
        if kind == b"fmt ":
            format_ = _read_format(source.read_exactly(min(size, 26), at), order)
        elif kind == b"ds64":
            (data_size,) = struct.unpack("<8xQ", source.read_exactly(16, at))
        at += size + size % 2
    else:
        raise too_many_parts("WAV")
    raise Unreadable("The WAV has no sound in it.")


def _read_format(body: bytes, order: str) -> _WaveFormat:
    if len(body) < 14:  # noqa: PLR2004 - the fields that every format has
        raise Unreadable("The WAV does not say what its sound is.")
    tag, channels, rate, _, block, bits = struct.unpack(f"{order}HHIIHH", body[:16].ljust(16, b"\0"))
    if tag == _EXTENSIBLE and len(body) >= 26:  # noqa: PLR2004 - up to the format's own tag
        (tag,) = struct.unpack_from(f"{order}H", body, 24)
    return _WaveFormat(tag, channels, rate, block, bits)


def _read_data(source: InputFile, start: int, at: int, stated: int, format_: _WaveFormat) -> Sound:
    there = source.size - at
    if 0 < stated <= there:
        return Sound("audio/wav", start, _end_of_chunks(source, at + stated + stated % 2), format_.seconds(stated))
    return Sound("audio/wav", start, source.size, format_.seconds(there), is_open=True)


def _end_of_chunks(source: InputFile, at: int) -> int:
    """Return the end of the whole chunks from `at`, which are behind the sound: names, comments, markers."""
    for _ in range(_MAX_CHUNKS_BEHIND):
        header = source.read_up_to(SIGNATURE_BYTES, at)
        is_named = len(header) >= 8 and all(0x20 <= byte < 0x7F for byte in header[:4])  # noqa: PLR2004 - a name and a size
        if not is_named or ARCHIVE.match(header):
            break
        (size,) = struct.unpack_from("<I", header, 4)
        if at + 8 + size > source.size:
            break
        at += 8 + size + size % 2
    return min(at, source.size)
