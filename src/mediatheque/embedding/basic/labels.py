"""Classes to meaning: where the likeliest classes' names lie, weighted by how likely they are (ConSE)."""

import io
import json
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.packages import LABELS, MODEL, package_file
from mediatheque.embedding.basic.text import TextEncoder
from mediatheque.embedding.cache import derived
from mediatheque.embedding.embedder import Vectors, l2_normalize

_LIKELIEST = 10  # classes
_TEMPERATURE = np.float32(2)  # above 1, the second guess counts for more


class Labels:
    """The names' vectors are made once, into `cache`, so that a process that sees only pictures opens no text model."""

    def __init__(self, cache: Path, threads: int) -> None:
        self._names, self._model = package_file(*LABELS), package_file(*MODEL)
        self._cache = cache
        self._threads = threads
        self._opening = threading.Lock()
        self._vectors: Vectors | None = None

    def meaning(self, logits: NDArray[np.float32]) -> Vectors:
        """(384,), of length 1."""
        likeliest = np.argsort(-logits, kind="stable")[:_LIKELIEST]
        weights = np.exp((logits[likeliest] - logits.max()) / _TEMPERATURE)
        return l2_normalize(weights @ self._opened()[likeliest])

    def _opened(self) -> Vectors:
        with self._opening:
            if self._vectors is None:
                names = self._names.read_bytes()
                made_of = names + self._model.read_bytes()
                stored = derived(
                    self._cache, "labels-{}-1.npy", made_of, lambda _: self._make(names)
                )  # 1: of quantized.py
                self._vectors = np.load(io.BytesIO(stored), allow_pickle=False)
            return self._vectors

    def _make(self, names: bytes) -> bytes:
        text = TextEncoder(self._cache, self._threads)
        stream = io.BytesIO()
        np.save(stream, np.stack([text.vector(name) for name in json.loads(names)]))
        return stream.getvalue()
