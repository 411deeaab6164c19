"""The size and orientation in which viewers show a film: the shape of its pixels first, then how it is turned."""

import struct

from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

Size = tuple[int, int]

_MATRIX = struct.Struct("=9i")  # FFmpeg's display matrix: (x, y) goes to (a x + c y, b x + d y), y pointing down
_MAX_EDGE = (1 << 15) - 1  # Chromium's limit; a film that claims to be longer has a damaged shape of pixels
_SKEW = 32  # entries of less than a 32nd of the others are rounding errors
_SIDEWAYS = {
    (1, -1): Image.Transpose.ROTATE_270,  # counter-clockwise in Pillow
    (-1, 1): Image.Transpose.ROTATE_90,
    (1, 1): Image.Transpose.TRANSPOSE,
    (-1, -1): Image.Transpose.TRANSVERSE,
}
_UPRIGHT = {
    (1, 1): None,
    (-1, -1): Image.Transpose.ROTATE_180,
    (-1, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, -1): Image.Transpose.FLIP_TOP_BOTTOM,
}


def shown_size(stream: VideoStream, frame: VideoFrame) -> Size:
    """Return the size as viewers show it."""
    width, height = square_size(stream, frame)
    return (height, width) if turn(frame) in _SIDEWAYS.values() else (width, height)


def square_size(stream: VideoStream, frame: VideoFrame) -> Size:
    """Return the size that the frame has with square pixels, before it is turned.

    One edge grows and none shrinks, as the HTML standard wants it: 720 x 480 at 8:9 is 720 x 540.
    """
    width, height, shape = frame.width, frame.height, stream.sample_aspect_ratio
    if not shape or shape < 0:
        return width, height
    wide = (round(width * shape), height) if shape >= 1 else (width, round(height / shape))
    return wide if max(wide) <= _MAX_EDGE else (width, height)


def turn(frame: VideoFrame) -> Image.Transpose | None:
    """Return how to turn or mirror the frame; None for upright frames, and for angles that viewers do not show."""
    # `frame.side_data` would make a cycle of references, and so keep the frame and FFmpeg's threads.
    data = SideDataContainer(frame).get(Type.DISPLAYMATRIX)  # type: ignore[call-arg]  # the stub lacks its constructor
    if data is None:
        return None
    a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data))
    if abs(a) + abs(d) <= (abs(b) + abs(c)) // _SKEW:
        return _SIDEWAYS.get((_sign(b), _sign(c)))
    if abs(b) + abs(c) <= (abs(a) + abs(d)) // _SKEW:
        return _UPRIGHT.get((_sign(a), _sign(d)))
    return None


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
