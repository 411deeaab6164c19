"""Classification of pictures by EfficientNet-Lite0."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.weights import SIDE, read_tensors
from mediatheque.embedding.cache import derived
from mediatheque.embedding.packages import WEIGHTS, package_file
from mediatheque.embedding.pixels import center_crop
from mediatheque.embedding.session import Session

_RESIZED = 256  # pixels of the shorter side before the center crop, 0.875 of it, as in training
_MEAN, _DEVIATION = np.float32(127), np.float32(128)  # of the lite models; the others have more


class ImageClassifier:
    """Classifies one picture at a time, so that memory stays flat. The graph is built once, into `cache`."""

    def __init__(self, cache: Path, threads: int) -> None:
        self._weights = package_file(*WEIGHTS)
        self._cache = cache
        self._session = Session(self._graph, threads)

    def classify(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the features (1280,) and the logits of the classes (1000,)."""
        square = center_crop(pixels, _RESIZED, SIDE)
        planes = ((square - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None]
        features, logits = self._session.run(["features", "logits"], {"pixels": np.ascontiguousarray(planes)})
        return features[0], logits[0]

    def _graph(self) -> bytes:
        name = "efficientnet-lite0-{}-1.onnx"  # 1: version of network.py
        return derived(self._cache, name, self._weights.read_bytes(), _build)


def _build(weights: bytes) -> bytes:
    from mediatheque.embedding.basic.network import build_network  # noqa: PLC0415  16 MB, needed once

    return build_network(read_tensors(weights))
