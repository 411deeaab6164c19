"""Images of four coloured quadrants, which show the orientation."""

import io
from collections.abc import Callable
from typing import Any

import pillow_heif
from PIL import Image

from mediatheque.media.frames import Frame

Colour = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (20, 180, 40), (30, 40, 210), (230, 220, 20)
WHITE, GREY, BLACK = (255, 255, 255), (128, 128, 128), (0, 0, 0)
QUADRANT_COLOURS = (RED, GREEN, BLUE, YELLOW)  # upper left, upper right, lower left, lower right


def quadrants(w: int = 64, h: int = 48, colours: tuple[Any, ...] = QUADRANT_COLOURS, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (w, h))
    places = ((0, 0), (w // 2, 0), (0, h // 2), (w // 2, h // 2))
    for (x, y), colour in zip(places, colours, strict=True):
        image.paste(colour, (x, y, x + w - w // 2, y + h - h // 2))
    return image


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=90, **options)
    else:
        image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> bytes:
    made = Image.Exif()
    made[0x0112] = orientation
    return made.tobytes()


def pixel(frame: Frame, x: float, y: float) -> Colour:
    """Return the pixel at `x` and `y`, both from 0 to 1."""
    at = 3 * (int(y * frame.height) * frame.width + int(x * frame.width))
    red, green, blue = frame.pixels[at : at + 3]
    return red, green, blue


def quadrant_colours(frame: Frame) -> tuple[Colour, ...]:
    """Return the colours in the middle of the quadrants."""
    return tuple(pixel(frame, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75))


def is_close(some: Colour, other: Colour, within: int) -> bool:
    return all(abs(a - b) <= within for a, b in zip(some, other, strict=True))


def has_colours(frame: Frame, colours: tuple[Colour, ...], within: int = 12) -> bool:
    return all(is_close(a, b, within) for a, b in zip(quadrant_colours(frame), colours, strict=True))


def oriented(colours: tuple[Any, ...], orientation: int) -> tuple[Any, ...]:
    """Return the quadrants as displayed, for an image stored with `colours` and this EXIF orientation."""
    shown = {1: "abcd", 2: "badc", 3: "dcba", 4: "cdab", 5: "acbd", 6: "cadb", 7: "dbca", 8: "bdac"}[orientation]
    return tuple(colours["abcd".index(letter)] for letter in shown)


LOSSY: dict[str, Callable[[Image.Image], bytes]] = {
    "image/jpeg": lambda image: encode(image, "JPEG", quality=95),
    "image/webp": lambda image: encode(image, "WEBP", quality=95),
    "image/avif": lambda image: encode(image, "AVIF", quality=90, speed=10),
    "image/heic": lambda image: encode(image, "HEIF"),
}
EXACT: dict[str, Callable[[Image.Image], bytes]] = {
    "image/png": lambda image: encode(image, "PNG"),
    "image/gif": lambda image: encode(image.quantize(16), "GIF"),
}
