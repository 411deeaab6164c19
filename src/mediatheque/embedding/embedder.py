"""The interface of an embedder."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

MAX_CHARACTERS = 10_000  # a longer text is cut; no model here reads as much


class Embedder(Protocol):
    """A maker of vectors of texts and pictures; the cosine of two vectors says how near they are in meaning.

    Its vectors are in one vector space. Both methods block, for milliseconds an item, and may be called from several
    threads. The vector of an item does not depend on the others. The first call of each method loads its model, or
    raises ModelError.
    """

    name: str  # vectors of embedders with the same name can be compared, others not
    dimensions: int
    frame_edge: int  # pixels of the shorter side of the pictures that it should be given; more are of no use
    duplicate_similarity: float  # cosine at or above which two pictures are near duplicates

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dimensions), each row of length 1. A text may be empty; one that is too long is cut."""
        ...

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return (n, dimensions), each row of length 1, of RGB arrays (height, width, 3) with sides of at least 1."""
        ...


def l2_normalize(rows: Vectors) -> Vectors:
    """Scale each row to length 1. A row of zeros becomes the first axis."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    first = np.zeros(rows.shape[-1], np.float32)
    first[0] = 1
    return np.where(lengths > 0, rows / np.maximum(lengths, np.finfo(np.float32).tiny), first).astype(np.float32)
