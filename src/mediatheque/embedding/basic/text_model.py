"""What the pictures' side needs of a text model."""

from typing import Protocol

from mediatheque.embedding.embedder import Vectors

TEXT_DIMENSIONS = 384


class TextModel(Protocol):
    """A maker of vectors of texts. It blocks, and several threads may call it."""

    def vector(self, text: str) -> Vectors:
        """Return (384,), of length 1. The text may be empty; one that is too long is cut."""
        ...

    def content(self) -> bytes:
        """Return what the vectors depend on: names of cached files carry a hash of it."""
        ...
