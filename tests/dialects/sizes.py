"""Valid media files of an exact size, made without an encoder."""

import struct

from tests import samples


def wav_of(size: int) -> bytes:
    """A WAV file of silence, one byte per sample."""
    payload = size - 44
    head = b"RIFF" + struct.pack("<I", size - 8) + b"WAVE"
    kind = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    return head + kind + b"data" + struct.pack("<I", payload) + b"\x80" * payload


def mp4_of(size: int) -> bytes:
    """An MP4 file with a `free` box appended."""
    film = samples.mp4()
    return film + struct.pack(">I", size - len(film)) + b"free" + bytes(size - len(film) - 8)


def jpeg_of(size: int) -> bytes:
    """A JPEG file with application segments inserted."""
    picture = samples.jpeg()
    missing = size - len(picture)
    lengths = [65_537] * (missing // 65_537)
    lengths += [missing - sum(lengths)]
    if lengths[-1] < 4:
        lengths[-2:] = [lengths[-2] - 4, lengths[-1] + 4]
    segments = b"".join(b"\xff\xef" + struct.pack(">H", length - 2) + bytes(length - 4) for length in lengths)
    return picture[:2] + segments + picture[2:]
