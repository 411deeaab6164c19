"""Vectors of what callers give as examples: a picture, or a video."""

import asyncio
from collections import Counter, OrderedDict
from uuid import UUID

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.library.search.encoders import Vector
from mediatheque.model import Blob
from mediatheque.records.database import Database
from mediatheque.records.search import embeddings as rows
from mediatheque.records.search.embedding_models import EmbeddingModel

_CACHE_SIZE = 256
_AT_ONCE = 2  # of one workspace: decoding takes seconds, and nobody shall wait for another's


class ExampleVectors:
    """Looks at a content once: it is known where an asset has been embedded, or remembered from a moment ago."""

    def __init__(self, database: Database, models: EmbeddingModels, embeddings: Embeddings) -> None:
        self._database = database
        self._models = models
        self._embeddings = embeddings
        self._looks: OrderedDict[tuple[int, UUID], asyncio.Task[Vector]] = OrderedDict()
        self._looking: Counter[UUID] = Counter()

    async def vector(self, model: EmbeddingModel, blob: Blob) -> Vector:
        """What the content means. `Unreadable` if there is nothing to see, `Unavailable` if too many are looked at."""
        async with self._database.connection() as conn:
            known = await rows.content_vector(conn, model, blob)
        return known or await self._cached(model, blob)

    async def _cached(self, model: EmbeddingModel, blob: Blob) -> Vector:
        """Callers who ask for the same wait for the same; what they have left is finished for those who come again."""
        key = model.id, blob.id
        if key not in self._looks:
            if self._looking[blob.workspace_id] >= _AT_ONCE:
                raise Unavailable("Too many examples are being looked at. Retry shortly.")
            self._looks[key] = asyncio.create_task(self._compute(model, blob))
            if len(self._looks) > _CACHE_SIZE:
                self._looks.popitem(last=False)
        look = self._looks[key]
        try:
            return await asyncio.shield(look)
        except Exception:
            if self._looks.get(key) is look:
                del self._looks[key]  # the next one looks again
            raise

    async def _compute(self, model: EmbeddingModel, blob: Blob) -> Vector:
        self._looking[blob.workspace_id] += 1
        try:
            frames = await self._embeddings.frames_of(blob)
            if not frames:
                raise Unreadable("There is nothing to see in this file.")
            return await self._models.encode_frames(model, frames)
        finally:
            self._looking[blob.workspace_id] -= 1
