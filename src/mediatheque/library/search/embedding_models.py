"""The embedding models of this library: the one that searches use, and one that a reindex prepares."""

import time

import structlog

from mediatheque.embedding.errors import ModelError
from mediatheque.errors import ModelUnavailable
from mediatheque.library.search.encoders import Encoders
from mediatheque.media.frames import Frame
from mediatheque.model import EmbeddingModel
from mediatheque.records.database import Database
from mediatheque.records.search import embedding_models as rows

CACHE_SECONDS = 1.0
"""Seconds for which a process goes on searching with a model after another became the active one."""
_log = structlog.get_logger()


class EmbeddingModels:
    """The models in the database, each with an index of its vectors."""

    def __init__(self, database: Database, encoders: Encoders) -> None:
        self._database = database
        self._encoders = encoders
        self._active: tuple[float, EmbeddingModel] | None = None

    async def active(self) -> EmbeddingModel:
        """Return the model that searches use. The first call for a library makes the configured one active.

        Raises ModelUnavailable when that one cannot be loaded.
        """
        if self._active and time.monotonic() - self._active[0] < CACHE_SECONDS:
            return self._active[1]
        model = (await self.list_all())[0]
        self._active = time.monotonic(), model
        return model

    async def list_all(self) -> list[EmbeddingModel]:
        """Return every model that needs vectors of new assets, the active one first."""
        async with self._database.connection() as conn:
            models = await rows.list_all(conn)
        if not models:
            await self._insert_first()
            return await self.list_all()
        self._encoders.evict_others(models)
        return models

    async def warm(self) -> None:
        """Load every model now, so that the first new asset need not wait for it."""
        white = Frame(1, 1, b"\xff\xff\xff")
        for model in await self.list_all():
            try:
                await self._encoders.encode_texts(model, ["warm"])
                await self._encoders.encode_frames(model, [white])
            except ModelUnavailable:
                continue  # the encoders have logged it

    async def add(self, spec: str) -> EmbeddingModel:
        """Insert the embedder's model with its index, unless it exists. Raises ModelError when it does not work."""
        embedder = await self._encoders.open(spec)
        await self._encoders.smoke_test(embedder)
        async with self._database.transaction() as conn:
            model = await rows.add(conn, name=embedder.name, spec=spec, dimensions=embedder.dimensions)
        async with self._database.session() as conn:
            _log.info("vector_index_checked", model=model.name)  # building one waits for older transactions, too
            await rows.create_index(conn, model)
        return model

    async def _insert_first(self) -> None:
        """Insert the configured model, unless a concurrent process inserted one."""
        spec = self._encoders.configured_model
        try:
            embedder = await self._encoders.open(spec)
        except ModelError as error:
            _log.error("model_not_loaded", model=spec, reason=str(error))
            raise ModelUnavailable from error
        async with self._database.transaction() as conn:
            await rows.add_first(conn, name=embedder.name, spec=spec, dimensions=embedder.dimensions)
