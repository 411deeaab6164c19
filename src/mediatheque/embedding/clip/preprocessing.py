"""Pixels scaled and normalised for the image model, as its configuration says."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from mediatheque.embedding.clip.image_settings import Fit, image_settings
from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.clip.onnx_file import Tensor
from mediatheque.embedding.errors import ModelError
from mediatheque.embedding.pixels import pad, resize, resize_and_crop

_CHANNELS = 3
_FRAME_SCALE = 9 / 7  # of a frame to what the model reads: that the picture was scaled twice does not show then


class Preprocessing:
    """CLIP scales the shorter side and crops the center; SigLIP stretches to the model's sides.

    `frame_edge` is the shorter side of the frames that it should be given. `graph` is the input of the model: bytes are
    those of models that normalise by themselves, as Immich exports some. Raises ModelError when the configuration says
    anything else, or other sides than the graph.
    """

    def __init__(self, folder: ModelFiles, graph: Tensor) -> None:
        name, content = folder.preprocessing()
        try:
            self._settings = image_settings(content, folder.open_clip)
        except ValueError as error:
            raise ModelError(f"{name} is not understood: {error}") from error
        self.height, self.width = self._settings.height, self._settings.width
        self.frame_edge = round(max(self._settings.shorter, self.height, self.width) * _FRAME_SCALE)
        self._raw, self._channels_last = graph.kind == TensorProto.UINT8, graph.shape[3:] == (_CHANNELS,)
        self._check_sides(graph, folder.image_model, name)
        self._factor = np.float32(self._settings.factor)
        self._mean = np.array(self._settings.mean, np.float32)
        self._deviation = np.array(self._settings.deviation, np.float32)

    def scaled(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (height, width, 3), 0 to 255."""
        to = self._settings
        match to.fit:
            case Fit.CROP:
                return resize_and_crop(pixels, to.shorter, to.height, to.offset, to.resample)
            case Fit.PAD:
                return pad(pixels, to.width, to.height, to.fill, to.resample)
        return resize(pixels, to.width, to.height, to.resample)

    def planes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (3, height, width), normalised, or as the graph takes it otherwise."""
        square = self.scaled(pixels)
        if not self._raw:
            square = (square * self._factor - self._mean) / self._deviation
        return square if self._channels_last else square.transpose(2, 0, 1)

    def _check_sides(self, graph: Tensor, model: Path, name: str) -> None:
        channels, *sides = [*graph.shape[3:], *graph.shape[1:3]] if self._channels_last else (graph.shape[1:] or (0,))
        if channels not in (0, _CHANNELS):
            raise ModelError(f"{model} reads pictures of {channels} channels, not of red, green and blue.")
        if any(side not in (0, said) for side, said in zip(sides, (self.height, self.width), strict=False)):
            expected = f"{self.height} x {self.width}"
            raise ModelError(f"{model} reads pictures of {' x '.join(map(str, sides))}, and {name} says {expected}.")
