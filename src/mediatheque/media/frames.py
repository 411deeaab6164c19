"""Small pictures of a file, for code that works on pixels."""

import msgspec

MAX_ASPECT_RATIO = 4
"""The longer edge of a frame is at most this many times the `edge` that was asked for."""

_CHANNELS = 3


class Frame(msgspec.Struct, frozen=True):
    """RGB as displayed: rows from top to bottom, three bytes for each pixel, transparency composited over white.

    White, because most logos and cut-outs are made for a white page, and encoders have mostly been trained on it.
    """

    width: int
    height: int
    pixels: bytes

    def __post_init__(self) -> None:
        """Check the size, so that a frame sent by a worker needs no further check.

        Raises `ValueError` when it is wrong.
        """
        if self.width < 1 or self.height < 1 or len(self.pixels) != self.width * self.height * _CHANNELS:
            raise ValueError(f"{len(self.pixels)} bytes are not a frame of {self.width} x {self.height}")

    def fits(self, edge: int) -> bool:
        """Whether its edges are within the bounds of `fit_size`."""
        return min(self.width, self.height) <= edge and max(self.width, self.height) <= MAX_ASPECT_RATIO * edge


def fit_size(width: int, height: int, edge: int) -> tuple[int, int]:
    """Return the size of a picture's frame: its shorter edge is at most `edge`, its longer edge is bounded too."""
    scale = min(1.0, edge / min(width, height), MAX_ASPECT_RATIO * edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def max_frame_bytes(edge: int) -> int:
    """Return the size of the largest frame that fits, in bytes."""
    return edge * edge * MAX_ASPECT_RATIO * _CHANNELS
