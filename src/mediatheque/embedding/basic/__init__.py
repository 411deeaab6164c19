"""The embedder that needs no setup: its models come with packages, and nothing is downloaded.

A text is a vector of MiniLM. A picture is classified by EfficientNet-Lite0, and lies where the names of its likeliest
classes lie (ConSE, https://arxiv.org/abs/1312.5650), so that words find it; what it looks like follows in further axes,
where texts have zeros. The order in which a text finds pictures depends on their meaning alone; two pictures are alike
by half for their meaning and by half for their looks.

The cosine of a text and a picture: from 0.4 the picture most likely shows it, below 0.25 it most likely does not. Of
two texts: from 0.5 they say much the same. Of two pictures: from 0.88 they are one picture, from 0.5 two of one kind.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.appearance import APPEARANCE_FEATURES, appearance
from mediatheque.embedding.basic.image_classifier import ImageClassifier
from mediatheque.embedding.basic.labels import Labels
from mediatheque.embedding.basic.text import TEXT_DIMENSIONS, TextEncoder
from mediatheque.embedding.embedder import Vectors

_SHARE = np.float32(np.sqrt(0.5))  # of meaning and of looks, in the length of a picture's vector


class Basic:
    """Opens each model when it is first asked for. Raises ModelError when a package's files are missing.

    The picture model's graph and the vectors of its labels are made once, into `cache`; that takes 8 s.
    """

    name = "basic-1"
    dimensions = TEXT_DIMENSIONS + APPEARANCE_FEATURES
    duplicate_similarity = 0.88  # docs/decisions/0014-embedder.md has the measurement

    def __init__(self, cache: Path, threads: int) -> None:
        self._text = TextEncoder(cache, threads)
        self._pictures = ImageClassifier(cache, threads)
        self._labels = Labels(cache, threads)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """(n, 512), each row of length 1. Reads the first 256 tokens of each text, about 200 words."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:TEXT_DIMENSIONS] = self._text.vector(text)
        return rows

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """(n, 512), each row of length 1."""
        rows = np.empty((len(pixels), self.dimensions), np.float32)
        for row, picture in zip(rows, pixels, strict=True):
            features, logits = self._pictures.classify(picture)
            row[:TEXT_DIMENSIONS] = self._labels.meaning(logits) * _SHARE
            row[TEXT_DIMENSIONS:] = appearance(picture, features) * _SHARE
        return rows
