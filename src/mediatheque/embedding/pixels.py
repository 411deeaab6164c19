"""RGB arrays scaled to the size that a model reads."""

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


def resize(pixels: NDArray[np.uint8], width: int, height: int, resample: Filter) -> NDArray[np.float32]:
    """Scale the whole picture to (height, width, 3), 0 to 255, ignoring its aspect ratio."""
    return np.asarray(_image(pixels).resize((width, height), resample), np.float32)


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels))
