"""Pixels scaled and normalised for the image model, as `preprocessor_config.json` says."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.embedder import ModelError
from mediatheque.embedding.pixels import Filter, center_crop, resize


class _Sides(msgspec.Struct):
    shortest_edge: int = 0
    height: int = 0
    width: int = 0


class _Config(msgspec.Struct):
    """Fields and defaults of transformers' CLIPImageProcessor and SiglipImageProcessor."""

    size: _Sides | int
    crop_size: _Sides | int | None = None
    do_center_crop: bool = False
    resample: int = 3  # Pillow's numbers; 3 is bicubic
    do_rescale: bool = True
    rescale_factor: float = 1 / 255
    do_normalize: bool = True
    image_mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    image_std: tuple[float, float, float] = (0.5, 0.5, 0.5)


class Preprocessing:
    """CLIP scales the shorter side and crops the center; SigLIP stretches to the model's sides.

    Raises ModelError when the configuration says anything else.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        try:
            read = msgspec.convert(config, _Config)
            self._filter = Filter(read.resample)
        except ValueError as error:
            raise ModelError(f"preprocessor_config.json is not understood: {error}") from error
        self._scale = np.float32(read.rescale_factor if read.do_rescale else 1)
        self._mean = np.array(read.image_mean if read.do_normalize else 0, np.float32)
        self._deviation = np.array(read.image_std if read.do_normalize else 1, np.float32)
        self._shorter, self._height, self._width = _sides(read)

    def planes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (3, height, width)."""
        if self._shorter:
            square = center_crop(pixels, self._shorter, self._height, self._filter)
        else:
            square = resize(pixels, self._width, self._height, self._filter)
        return ((square * self._scale - self._mean) / self._deviation).transpose(2, 0, 1)


def _sides(config: _Config) -> tuple[int, int, int]:
    """Return the shorter side before the crop, 0 for stretching, and the height and width that the model reads."""
    size, crop = _as_sides(config.size), _as_sides(config.crop_size or 0)
    shorter = size.shortest_edge or (size.height if config.do_center_crop and size.height == size.width else 0)
    if not shorter and min(size.height, size.width) > 0:
        return 0, size.height, size.width
    side = (crop.height or crop.shortest_edge) if config.do_center_crop else 0
    if not 0 < side <= shorter or crop.width != crop.height:
        raise ModelError("preprocessor_config.json names no size that a square can be cut to.")
    return shorter, side, side


def _as_sides(size: _Sides | int) -> _Sides:
    return _Sides(shortest_edge=size) if isinstance(size, int) else size
