"""Reindex: embed all assets with another model, while searches go on with the active one, and then switch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

import structlog

from mediatheque.errors import Conflict, LibraryError
from mediatheque.library.search.embedding_models import CACHE_SECONDS, EmbeddingModels
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.model import EmbeddingModel
from mediatheque.records.accounts import audit
from mediatheque.records.database import Connection, Database
from mediatheque.records.locks import check_alive, try_advisory_lock
from mediatheque.records.search import embedding_models
from mediatheque.records.search import embeddings as rows

_BATCH = 100
_MAX_CONCURRENT = 4
_DELETE_BATCH = 5_000  # vectors in one transaction
_MAX_FAILED_SHARE = 100  # one asset in this many may fail,
_MAX_FAILED = 10  # or this many in a small library
_GRACE_SECONDS = 5 * CACHE_SECONDS  # for searches that began with the former model
_log = structlog.get_logger()


class Reindex:
    """Operations on the reindex: embed every asset with a second model, then make it the active one.

    New assets are embedded with both meanwhile. A reindex that was interrupted continues when it is run again. All
    methods are for a block of `exclusive`.
    """

    def __init__(self, database: Database, models: EmbeddingModels, embeddings: Embeddings) -> None:
        self._database = database
        self._models = models
        self._embeddings = embeddings
        self._lock: Connection | None = None
        self.failed: dict[UUID, str] = {}

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Self]:
        """Hold the lock of the reindex.

        Raises Conflict when another process holds it. When the connection is lost inside the block, another process
        could take the lock: the next batch then raises DatabaseUnavailable.
        """
        async with self._database.session() as conn, try_advisory_lock(conn, "reindex") as acquired:
            if not acquired:
                raise Conflict("Another reindex is at work on this library.")
            self._lock = conn
            yield self

    async def begin(self, spec: str) -> EmbeddingModel:
        """Insert the model to build, unless it exists. Raises ModelError when its embedder does not work."""
        return await self._models.add(spec)

    async def progress(self, model: EmbeddingModel) -> tuple[int, int]:
        """Count the assets that are embedded, and all assets."""
        async with self._database.connection() as conn:
            return await rows.progress(conn, model)

    async def build(self, model: EmbeddingModel) -> AsyncIterator[int]:
        """Embed the assets that the model has no vectors of; yields the size of each batch that is done."""
        found = True
        while found:  # another pass for the assets that were created during the last one
            found = False
            async for batch in self._unembedded(model):
                found = True
                await self._embed(model, batch)
                yield len(batch)

    async def finish(self, model: EmbeddingModel) -> None:
        """Make the model the active one, and delete all others once no server searches with them.

        Raises LibraryError, and changes nothing, when too many assets could not be embedded: then the model is at
        fault.
        """
        _, total = await self.progress(model)
        if len(self.failed) > max(_MAX_FAILED, total // _MAX_FAILED_SHARE):
            raise LibraryError(f"{len(self.failed)} of {total} assets could not be embedded; the search is as before.")
        for id, reason in self.failed.items():
            await self._embeddings.store_failure(model, id, reason)
        async with self._database.transaction() as conn:
            others = [each for each in await embedding_models.list_all(conn) if each.id != model.id]
            await embedding_models.activate(conn, model)
            await audit.record(conn, "model.change")
        if others:
            await asyncio.sleep(_GRACE_SECONDS)
        async for _ in self.build(model):
            pass  # assets that a worker skipped because it could not load the model
        for other in others:
            await self._remove(other)

    async def _unembedded(self, model: EmbeddingModel) -> AsyncIterator[list[UUID]]:
        after: UUID | None = None
        while True:
            async with self._database.connection() as conn:
                batch = await rows.list_unembedded(conn, model, after, _BATCH)
            if not batch:
                return
            after = batch[-1]
            if untried := [id for id in batch if id not in self.failed]:
                yield untried

    async def _remove(self, model: EmbeddingModel) -> None:
        async with self._database.session() as conn:
            await embedding_models.drop_index(conn, model)
        removed = False
        while not removed:
            after: UUID | None = UUID(int=0)
            while after:
                async with self._database.transaction() as conn:
                    after = await embedding_models.delete_vectors(conn, model, after, _DELETE_BATCH)
            async with self._database.transaction() as conn:
                removed = await embedding_models.delete(conn, model)

    async def _embed(self, model: EmbeddingModel, ids: list[UUID]) -> None:
        """Embed several at a time: one is decoded while another is encoded."""
        if self._lock:
            await check_alive(self._lock)
        slots = asyncio.Semaphore(_MAX_CONCURRENT)

        async def embed(id: UUID) -> None:
            async with slots:
                await self._embeddings.embed_in([model], id)

        outcomes = await asyncio.gather(*(embed(id) for id in ids), return_exceptions=True)
        for id, outcome in zip(ids, outcomes, strict=True):
            if isinstance(outcome, LibraryError) or not isinstance(outcome, Exception | None):
                raise outcome
            if outcome:
                _log.error("asset_not_embedded", asset=str(id), exc_info=outcome)
                self.failed[id] = repr(outcome)
