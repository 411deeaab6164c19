"""The files that are uploaded: valid media files, never the same twice.

Mediatheque stores duplicates once, so repeated files would favour it. A few random bytes where the format
allows them (the first samples of a WAV, a comment in a JPEG) make every upload new without building it anew.
"""

import io
import os
import struct
from typing import NamedTuple

from PIL import Image

from bench.client import Buffer

MiB = 1 << 20
LARGE = 64 * MiB
_CANVAS = (2048, 1536)
_CROP = (1024, 768)


class Payload(NamedTuple):
    """One file to send, whose bytes are the joined `parts`. The name is unique."""

    name: str
    mime: str
    parts: tuple[Buffer, ...]


class WavFiles:
    """A WAV of `size` bytes of noise: 48 kHz, stereo, 16 bit."""

    def __init__(self, size: int = LARGE) -> None:
        data = size - 44
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, 192_000, 4, 16)
        self._header = struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form + struct.pack("<4sI", b"data", data)
        self._noise = memoryview(os.urandom(data - 16))

    def next(self) -> Payload:
        salt = os.urandom(16)
        return Payload(f"{salt.hex()}.wav", "audio/wav", (self._header + salt, self._noise))


class Photos:
    """JPEGs of about `size` bytes each, cropped from different places of one noisy picture."""

    def __init__(self, count: int, size: int) -> None:
        canvas = _noisy_picture()
        crop = (_CROP[0], _CROP[1]) if size > 100_000 else (256, 192)
        quality = _quality_for(canvas, crop, size)
        self._views = [memoryview(_cut(canvas, crop, number, quality))[2:] for number in range(count)]

    def next_batch(self) -> list[Payload]:
        return [self._salted(view) for view in self._views]

    def _salted(self, view: memoryview) -> Payload:
        salt = os.urandom(16)
        comment = b"\xff\xd8\xff\xfe\x00\x12" + salt  # start of image, then a comment segment
        return Payload(f"{salt.hex()}.jpg", "image/jpeg", (comment, view))


def _noisy_picture() -> Image.Image:
    soft = Image.frombytes("RGB", (64, 48), os.urandom(64 * 48 * 3)).resize(_CANVAS, Image.Resampling.BICUBIC)
    grain = Image.frombytes("RGB", _CANVAS, os.urandom(_CANVAS[0] * _CANVAS[1] * 3))
    return Image.blend(soft, grain, 0.15)


def _cut(canvas: Image.Image, crop: tuple[int, int], number: int, quality: int) -> bytes:
    left = number * 31 % (_CANVAS[0] - crop[0])
    top = number * 17 % (_CANVAS[1] - crop[1])
    out = io.BytesIO()
    canvas.crop((left, top, left + crop[0], top + crop[1])).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _quality_for(canvas: Image.Image, crop: tuple[int, int], size: int) -> int:
    return min(range(40, 96, 3), key=lambda q: abs(len(_cut(canvas, crop, 0, q)) - size))
