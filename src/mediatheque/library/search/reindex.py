"""Another model for the search, while searches go on with the one there is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

import structlog

from mediatheque.errors import Conflict, LibraryError
from mediatheque.library.search.embedding_models import CACHE_SECONDS, EmbeddingModels
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.records.database import Connection, Database
from mediatheque.records.locks import check_alive, try_advisory_lock
from mediatheque.records.search import embedding_models, embeddings
from mediatheque.records.search.embedding_models import EmbeddingModel

_BATCH = 100
_AT_ONCE = 4
_CLEARED = 5_000  # vectors in one transaction
_SHARE = 100  # one asset in so many may fail
_FEW = 10  # or so many, in a small library
_GRACE = 5 * CACHE_SECONDS  # for searches that have begun in the space that was active
_log = structlog.get_logger()


class Reindex:
    """Builds a space beside the active one, then has it take its place.

    New assets go into both meanwhile. Stopped halfway, it goes on where it was when it is run again. Its verbs are for
    a block of `exclusive`.
    """

    def __init__(self, database: Database, library_models: EmbeddingModels, library_embeddings: Embeddings) -> None:
        self._database = database
        self._models = library_models
        self._embeddings = library_embeddings
        self._lock: Connection | None = None
        self.failed: dict[UUID, str] = {}

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Self]:
        """`Conflict` while another process does this; `DatabaseUnavailable` once it could begin to."""
        async with self._database.connection() as conn, try_advisory_lock(conn, "reindex") as first:
            if not first:
                raise Conflict("Another reindex is at work on this library.")
            self._lock = conn
            yield self

    async def begin(self, spec: str) -> EmbeddingModel:
        """The space to build. `ValueError` if there is no such embedder, or it does not work."""
        return await self._models.add(spec)

    async def progress(self, model: EmbeddingModel) -> tuple[int, int]:
        """How many assets are done, and how many there are."""
        async with self._database.connection() as conn:
            return await embeddings.progress(conn, model)

    async def build(self, model: EmbeddingModel) -> AsyncIterator[int]:
        """Embed what the space lacks, until it lacks nothing; says after each batch how many were done."""
        found = True
        while found:  # once more from the start, for those that came meanwhile
            found = False
            async for batch in self._without(model):
                found = True
                await self._embed(model, batch)
                yield len(batch)

    async def finish(self, model: EmbeddingModel) -> None:
        """Have searches use the space, and forget all others once no server asks for them.

        `LibraryError`, and nothing has changed, if too many assets could not be embedded: that is the model's fault.
        """
        _, total = await self.progress(model)
        if len(self.failed) > max(_FEW, total // _SHARE):
            raise LibraryError(f"{len(self.failed)} of {total} assets could not be embedded; the search is as before.")
        for id, reason in self.failed.items():
            await self._embeddings.give_up(model, id, reason)
        async with self._database.transaction() as conn:
            others = [each for each in await embedding_models.list_all(conn) if each.id != model.id]
            await embedding_models.activate(conn, model)
        if others:
            await asyncio.sleep(_GRACE)
        async for _ in self.build(model):
            pass  # what a worker that could not load the model has left out until now
        for other in others:
            await self._remove(other)

    async def _without(self, model: EmbeddingModel) -> AsyncIterator[list[UUID]]:
        after: UUID | None = None
        while True:
            async with self._database.connection() as conn:
                batch = await embeddings.list_unembedded(conn, model, after, _BATCH)
            if not batch:
                return
            after = batch[-1]
            if fresh := [id for id in batch if id not in self.failed]:
                yield fresh

    async def _remove(self, model: EmbeddingModel) -> None:
        async with self._database.connection() as conn:
            await embedding_models.drop_index(conn, model)
        gone = False
        while not gone:
            after: UUID | None = UUID(int=0)
            while after:
                async with self._database.transaction() as conn:
                    after = await embedding_models.clear(conn, model, after, _CLEARED)
            async with self._database.transaction() as conn:
                gone = await embedding_models.remove(conn, model)

    async def _embed(self, model: EmbeddingModel, ids: list[UUID]) -> None:
        """Some at a time: one is decoded while another is looked at."""
        if self._lock:
            await check_alive(self._lock)
        turns = asyncio.Semaphore(_AT_ONCE)

        async def embed(id: UUID) -> None:
            async with turns:
                await self._embeddings.embed_in([model], id)

        outcomes = await asyncio.gather(*(embed(id) for id in ids), return_exceptions=True)
        for id, outcome in zip(ids, outcomes, strict=True):
            if isinstance(outcome, LibraryError) or not isinstance(outcome, Exception | None):
                raise outcome
            if outcome:
                _log.error("asset not embedded", asset=str(id), exc_info=outcome)
                self.failed[id] = repr(outcome)
