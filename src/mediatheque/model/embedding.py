"""Models whose vectors the library keeps."""

import msgspec


class EmbeddingModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its vectors: vectors of one `name` can be compared, `spec` says which embedder makes them.

    Searches use the vectors of the active model.
    """

    id: int
    name: str
    spec: str
    dimensions: int
    active: bool
