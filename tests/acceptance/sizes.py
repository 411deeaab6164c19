"""Valid files of an exact size, padded with zeros."""

import struct
import zlib
from collections.abc import Callable

from tests import samples

KIB, MIB = 1 << 10, 1 << 20


def wav(size: int) -> bytes:
    """Return 16-bit mono at 8 kHz; the size must be even."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + layout + struct.pack("<4sI", b"data", size - 44)
    return head + bytes(size - 44)


def png(size: int) -> bytes:
    """Return a PNG padded by a private chunk before its end."""
    data = samples.png()
    body = b"prVt" + bytes(size - len(data) - 12)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-12] + chunk + data[-12:]


def mp4(size: int) -> bytes:
    """Return an MP4 padded by a `free` box at its end."""
    data = samples.mp4()
    return data + struct.pack(">I4s", size - len(data), b"free") + bytes(size - len(data) - 8)


MAKERS: dict[str, Callable[[int], bytes]] = {"audio/wav": wav, "image/png": png, "video/mp4": mp4}
