"""One decoder for each family of formats, called in worker processes, only for files recognised as its own."""

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.model import EmbeddedMetadata

TOO_MUCH_MEMORY = "The file needs too much memory to open."
"""What is said of a file that may be sound, but not within the limits of a worker."""


class ProbeResult(msgspec.Struct, frozen=True, tag=True):
    """The type, as the decoder found it, the metadata that files of this type have, and what the file says itself."""

    mime: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    embedded: EmbeddedMetadata | None = None


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Check that a picture has a size and not too many pixels; raises `Unreadable` otherwise.

    Call it before decoding.
    """
    if width < 1 or height < 1:
        raise Unreadable("The picture has no size.")
    if width * height > max_pixels:
        raise Unreadable(f"The picture is too large: {width} x {height} is more than {max_pixels} pixels.")
