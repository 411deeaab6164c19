"""Small pictures of a file, for those who look at pixels."""

import msgspec

MAX_ASPECT_RATIO = 4
"""The longer edge of a frame is at most this many times the `edge` that was asked for."""

_CHANNELS = 3


class Frame(msgspec.Struct, frozen=True):
    """RGB as shown: rows from top to bottom, three bytes for each pixel. What is transparent is seen over white.

    White, not grey: that is the page for which most logos and cut-outs are made, and what models have mostly seen.
    """

    width: int
    height: int
    pixels: bytes

    def __post_init__(self) -> None:
        """Also what a worker sends is measured: nobody has to do so again."""
        if self.width < 1 or self.height < 1 or len(self.pixels) != self.width * self.height * _CHANNELS:
            raise ValueError(f"{len(self.pixels)} bytes are not a frame of {self.width} x {self.height}")

    def fits(self, edge: int) -> bool:
        """Whether its edges keep what `fitted` promises."""
        return min(self.width, self.height) <= edge and max(self.width, self.height) <= MAX_ASPECT_RATIO * edge


def fitted(width: int, height: int, edge: int) -> tuple[int, int]:
    """The size of such a picture's frame: its shorter edge is `edge`, nothing is enlarged or left a long strip."""
    scale = min(1.0, edge / min(width, height), MAX_ASPECT_RATIO * edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def largest_frame(edge: int) -> int:
    """Bytes of the largest frame that fits."""
    return edge * edge * MAX_ASPECT_RATIO * _CHANNELS
