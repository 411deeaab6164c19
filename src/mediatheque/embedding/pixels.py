"""RGB arrays scaled to the size that a model reads."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Filter = Image.Resampling


def center_crop(
    pixels: NDArray[np.uint8], shorter: int, side: int, resample: Filter = Filter.BICUBIC
) -> NDArray[np.float32]:
    """Scale the shorter side to `shorter` pixels and cut out the center: (side, side, 3), 0 to 255.

    Only the part that remains is scaled, so that a long strip takes no longer than a square.
    """
    height, width = pixels.shape[:2]
    cut = min(height, width) * side / shorter  # in pixels of the original
    left, top = (width - cut) / 2, (height - cut) / 2
    box = (left, top, left + cut, top + cut)
    return np.asarray(_image(pixels).resize((side, side), resample, box), np.float32)


def resize_and_crop(
    pixels: NDArray[np.uint8], shorter: int, side: int, offset: Callable[[int], int], resample: Filter
) -> NDArray[np.float32]:
    """Do the same to the pixel as transformers and open_clip do: (side, side, 3), 0 to 255.

    They round the longer side down, and begin the square at a whole pixel of the scaled picture: at `offset` of the
    pixels that are cut off. Only the part that remains is scaled.
    """
    height, width = pixels.shape[:2]
    scaled = [int(shorter * each / min(height, width)) for each in (width, height)]
    starts = [offset(each - side) for each in scaled]
    ratios = width / scaled[0], height / scaled[1]
    box = tuple((start + end) * ratio for end in (0, side) for start, ratio in zip(starts, ratios, strict=True))
    return np.asarray(_image(pixels).resize((side, side), resample, _within(box, width, height)), np.float32)


def pad(pixels: NDArray[np.uint8], width: int, height: int, fill: int, resample: Filter) -> NDArray[np.float32]:
    """Scale the whole picture into the middle of a grey (height, width, 3), 0 to 255."""
    ratio = max(pixels.shape[0] / height, pixels.shape[1] / width)
    inner = min(width, max(1, round(pixels.shape[1] / ratio))), min(height, max(1, round(pixels.shape[0] / ratio)))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    padded = np.full((height, width, 3), fill, np.float32)
    padded[top : top + inner[1], left : left + inner[0]] = resize(pixels, *inner, resample)
    return padded


def resize(pixels: NDArray[np.uint8], width: int, height: int, resample: Filter) -> NDArray[np.float32]:
    """Scale the whole picture to (height, width, 3), 0 to 255, ignoring its aspect ratio."""
    return np.asarray(_image(pixels).resize((width, height), resample), np.float32)


def _within(box: tuple[float, ...], width: int, height: int) -> tuple[float, float, float, float]:
    """Return the box without what rounding put outside of the picture."""
    left, top, right, bottom = box
    return left, top, min(right, width), min(bottom, height)


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))
