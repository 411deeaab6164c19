"""The embedder without setup: its models come with Python packages, and nothing is downloaded.

A text's vector is that of a text model: MiniLM, which reads English, or multilingual-e5-small. A picture is classified
by EfficientNet-Lite0, and its vector is the mean of the vectors of its likeliest classes' names (ConSE,
https://arxiv.org/abs/1312.5650), so that words find it. More dimensions describe its appearance; there, texts have
zeros. So meaning alone decides the order in which a text finds pictures, and meaning and appearance decide the
similarity of two pictures, half each.

Cosines with MiniLM: of a text and a picture, above 0.4 the picture most likely shows it, below 0.25 it most likely does
not. Of two texts, above 0.5 they say much the same. Of two pictures, above 0.88 they are one picture, above 0.5 of one
kind. The other model's are a fifth lower.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.appearance import APPEARANCE_FEATURES, appearance
from mediatheque.embedding.basic.image_classifier import ImageClassifier
from mediatheque.embedding.basic.labels import Labels
from mediatheque.embedding.basic.text_model import TEXT_DIMENSIONS, TextModel
from mediatheque.embedding.embedder import Vectors

_SHARE = np.float32(np.sqrt(0.5))  # of meaning and of appearance, in the length of a picture's vector


class Basic:
    """The text model and the picture model, each loaded at its first use.

    The graph of the picture model and the vectors of its labels are computed once, into `cache`; that takes 8 s.
    Raises ModelError when a package's files are missing.
    """

    dimensions = TEXT_DIMENSIONS + APPEARANCE_FEATURES
    frame_edge = 288  # a little more than the 256 that the picture model scales to

    def __init__(self, name: str, text: TextModel, cache: Path, threads: int, *, duplicate_similarity: float) -> None:
        self.name = name
        self.duplicate_similarity = duplicate_similarity  # docs/decisions/ 14 and 18 have the measurements
        self._text = text
        self._pictures = ImageClassifier(cache, threads)
        self._labels = Labels(text, cache)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return (n, 512), each row of length 1. Reads the first 256 tokens of each text, about 200 words."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:TEXT_DIMENSIONS] = self._text.vector(text)
        return rows

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return (n, 512), each row of length 1."""
        rows = np.empty((len(pixels), self.dimensions), np.float32)
        for row, picture in zip(rows, pixels, strict=True):
            features, logits = self._pictures.classify(picture)
            row[:TEXT_DIMENSIONS] = self._labels.vector(logits) * _SHARE
            row[TEXT_DIMENSIONS:] = appearance(picture, features) * _SHARE
        return rows
