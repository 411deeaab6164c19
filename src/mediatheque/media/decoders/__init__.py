"""One decoder for each family of formats, called only for what was sniffed as its own, in worker processes only."""

import msgspec

from mediatheque.errors import Unreadable


class ProbeResult(msgspec.Struct, frozen=True, tag=True):
    """What a decoder found: the type as it turned out, and the facts that this type has."""

    mime: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None


def check_pixels(width: int, height: int, most: int) -> None:
    """Raises Unreadable for a picture of no size, or of more than `most` pixels. Ask before decoding anything."""
    if width < 1 or height < 1:
        raise Unreadable("The picture has no size.")
    if width * height > most:
        raise Unreadable(f"The picture is too large: {width} x {height} is more than {most} pixels.")
