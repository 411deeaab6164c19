"""The vector of a picture's classes: the mean of their names' vectors, weighted by probability (ConSE)."""

import io
import json
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.text_model import TextModel
from mediatheque.embedding.cache import derived
from mediatheque.embedding.embedder import Vectors, l2_normalize
from mediatheque.embedding.packages import LABELS, package_file

_TOP_CLASSES = 10
_TEMPERATURE = np.float32(2)  # above 1, the second guess counts for more


class Labels:
    """The names' vectors are computed once, into `cache`: a process that embeds pictures alone loads no text model."""

    def __init__(self, text: TextModel, cache: Path) -> None:
        self._names = package_file(*LABELS)
        self._text = text
        self._cache = cache
        self._loading = threading.Lock()
        self._vectors: Vectors | None = None

    def vector(self, logits: NDArray[np.float32]) -> Vectors:
        """Return (384,), of length 1."""
        likeliest = np.argsort(-logits, kind="stable")[:_TOP_CLASSES]
        weights = np.exp((logits[likeliest] - logits.max()) / _TEMPERATURE)
        return l2_normalize(weights @ self._loaded()[likeliest])

    def _loaded(self) -> Vectors:
        with self._loading:
            if self._vectors is None:
                names = self._names.read_bytes()
                made_of = names + self._text.content()
                stored = derived(
                    self._cache, "labels-{}-1.npy", made_of, lambda _: self._make(names)
                )  # 1: version of the text models
                self._vectors = np.load(io.BytesIO(stored), allow_pickle=False)
            return self._vectors

    def _make(self, names: bytes) -> bytes:
        stream = io.BytesIO()
        np.save(stream, np.stack([self._text.vector(name) for name in json.loads(names)]))
        return stream.getvalue()
