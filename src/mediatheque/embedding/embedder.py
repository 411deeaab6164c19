"""What a model of texts and pictures offers."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

CHARACTERS = 10_000  # of a text are looked at; no model here reads as many


class ModelError(ValueError):
    """A model's files cannot be loaded."""


class Embedder(Protocol):
    """Puts texts and pictures into one space, where the cosine says how near two of them are in meaning.

    Both verbs block, for milliseconds apiece, and may be called by several threads at once. What they answer depends
    on each item alone, never on its neighbours. The first call of each loads its model, or raises ModelError.
    """

    name: str  # of the space: vectors of one name can be compared, others never
    dimensions: int
    duplicate_similarity: float  # cosine at or above which two pictures are near duplicates

    def texts(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions), each row of length 1. Any text will do, the empty one too; what is too long is cut."""
        ...

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """(n, dimensions), each row of length 1, from RGB of shape (height, width, 3), each side at least 1."""
        ...


def l2_normalize(rows: Vectors) -> Vectors:
    """Each row brought to length 1. A row of zeros, which means nothing, becomes the first axis."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    first = np.zeros(rows.shape[-1], np.float32)
    first[0] = 1
    return np.where(lengths > 0, rows / np.maximum(lengths, np.finfo(np.float32).tiny), first).astype(np.float32)
