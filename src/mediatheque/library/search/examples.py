"""Vectors of the pictures and videos that callers give as examples."""

import asyncio
from collections import Counter
from uuid import UUID

from cachetools import LRUCache

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.library.search.encoders import Encoders, Vector
from mediatheque.model import Blob, EmbeddingModel
from mediatheque.records.database import Database
from mediatheque.records.search import embeddings as rows

_MAX_CACHED = 256
_MAX_CONCURRENT = 2  # of one workspace: decoding takes seconds, and no workspace shall wait for another's


class ExampleVectors:
    """Cached vectors of example files.

    Each content is embedded once: its vector is read from the database or the cache, where an earlier call left it.
    """

    def __init__(self, database: Database, encoders: Encoders, embeddings: Embeddings) -> None:
        self._database = database
        self._encoders = encoders
        self._embeddings = embeddings
        self._tasks: LRUCache[tuple[int, UUID], asyncio.Task[Vector]] = LRUCache(_MAX_CACHED)
        self._running: Counter[UUID] = Counter()

    async def vector(self, model: EmbeddingModel, blob: Blob) -> Vector:
        """Return the vector of the content.

        Raises Unreadable when the content has no frames, and Unavailable when its workspace has too many examples
        being embedded.
        """
        async with self._database.connection() as conn:
            known = await rows.content_vector(conn, model, blob)
        return known or await self._cached(model, blob)

    async def _cached(self, model: EmbeddingModel, blob: Blob) -> Vector:
        """Share one task among concurrent requests for one content.

        It outlives their cancellation, so a retry finds its result.
        """
        key = model.id, blob.id
        task = self._tasks.get(key)
        if task is None:
            if self._running[blob.workspace_id] >= _MAX_CONCURRENT:
                raise Unavailable("Too many examples are being looked at. Retry shortly.")
            task = self._tasks[key] = asyncio.create_task(self._embed(model, blob))
        try:
            return await asyncio.shield(task)
        except Exception:
            if self._tasks.get(key) is task:
                del self._tasks[key]  # the next request tries again
            raise

    async def _embed(self, model: EmbeddingModel, blob: Blob) -> Vector:
        self._running[blob.workspace_id] += 1
        try:
            frames = await self._embeddings.frames_of(blob, await self._encoders.frame_edge(model))
            if not frames:
                raise Unreadable("There is nothing to see in this file.")
            return await self._encoders.encode_frames(model, frames)
        finally:
            self._running[blob.workspace_id] -= 1
