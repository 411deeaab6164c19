"""The spaces of this library, each of one model, and what it makes of texts and pictures."""

import time
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.embedding.embedder import Embedder
from mediatheque.errors import LibraryError, ModelUnavailable
from mediatheque.library.search.encoders import Encoders, Vector
from mediatheque.media.frames import Frame
from mediatheque.records.database import Database
from mediatheque.records.search import embedding_models as rows
from mediatheque.records.search.embedding_models import EmbeddingModel

CACHE_SECONDS = 1.0
"""How long the active space is believed to be active still."""
_CACHE_SIZE = 1_000  # texts, whose vectors are kept
_log = structlog.get_logger()


class EmbeddingModels:
    """Vectors of texts and pictures. Verbs that make some raise `ModelUnavailable` where the model cannot be loaded."""

    def __init__(self, database: Database, config: EmbeddingConfig) -> None:
        self._database = database
        self._config = config
        self._models = Encoders(config)
        self._remembered: OrderedDict[tuple[int, str], Vector] = OrderedDict()
        self._active: tuple[float, EmbeddingModel] | None = None

    async def prepare(self) -> None:
        """Have all that holds up a process done before it serves anybody."""
        await self._models.prepare()

    async def close(self) -> None:
        """Wait for what is being made."""
        await self._models.close()

    async def active(self) -> EmbeddingModel:
        """The space to search in; the first one is that of the configured embedder."""
        if self._active and time.monotonic() - self._active[0] < CACHE_SECONDS:
            return self._active[1]
        model = (await self.list_all())[0]
        self._active = time.monotonic(), model
        return model

    async def list_all(self) -> list[EmbeddingModel]:
        """Every space that wants vectors of new assets, the active one first."""
        async with self._database.connection() as conn:
            found = await rows.list_all(conn)
        if not found:
            await self._insert_first()
            return await self.list_all()
        self._models.evict_others(found)
        return found

    async def warm(self) -> None:
        """Load the models of every space now, so that the first new asset need not wait for them."""
        white = Frame(1, 1, b"\xff\xff\xff")
        for model in await self.list_all():
            try:
                await self.encode_texts(model, ["warm"])
                await self.encode_frames(model, [white])
            except ModelUnavailable:
                continue  # which has been told

    async def add(self, spec: str) -> EmbeddingModel:
        """The space of that embedder, with an index, known from now on. `ValueError` if it is none that works."""
        embedder = await self._models.open(spec)
        await self._models.smoke_test(embedder)
        async with self._database.transaction() as conn:
            model = await rows.add(conn, name=embedder.name, spec=spec, dimensions=embedder.dimensions)
        async with self._database.connection() as conn:
            await rows.index(conn, model)
        return model

    async def embedder(self, model: EmbeddingModel) -> Embedder:
        """What makes the space's vectors."""
        return await self._models.get(model)

    async def encode_text(self, model: EmbeddingModel, text: str) -> Vector:
        """The vector of a text, remembered: the same words are searched for again and again."""
        known = self._remembered.get((model.id, text))
        if known is None:
            [known] = await self.encode_texts(model, [text])
        self._remembered[model.id, text] = known
        self._remembered.move_to_end((model.id, text))
        if len(self._remembered) > _CACHE_SIZE:
            self._remembered.popitem(last=False)
        return known

    async def encode_texts(self, model: EmbeddingModel, texts: Sequence[str]) -> list[Vector]:
        """A vector for each text."""
        return await self._models.encode_texts(model, texts)

    async def encode_frames(self, model: EmbeddingModel, frames: Sequence[Frame]) -> Vector:
        """One vector for all the pictures, of which there is at least one: the mean of theirs."""
        return await self._models.encode_frames(model, frames)

    async def _insert_first(self) -> None:
        """The configured embedder's, unless another process is faster."""
        spec = self._config.model
        try:
            embedder = await self._models.open(spec)
        except ValueError as error:
            _log.error("model not loaded", model=spec, reason=str(error))
            raise ModelUnavailable from error
        async with self._database.transaction() as conn:
            await rows.add_first(conn, name=embedder.name, spec=spec, dimensions=embedder.dimensions)


async def warn_if_model_differs(database: Database, configured: str) -> None:
    """Warn of an embedder that is configured and not used: only `mediatheque reindex` changes it."""
    try:
        async with database.connection() as conn:
            found = await rows.list_all(conn)
    except LibraryError:
        return  # of which others tell
    if found and found[0].spec != configured:
        advice = f"run `mediatheque reindex`, or set MEDIATHEQUE_EMBEDDING_MODEL={found[0].spec}"
        _log.warning(
            "the configured embedder is not in use", configured=configured, in_use=found[0].spec, advice=advice
        )
    for other in found[1:]:
        advice = (
            f"run `mediatheque reindex {other.spec}` to end it, or `mediatheque reindex {found[0].spec}` to drop it"
        )
        _log.warning("a reindex is unfinished", model=other.spec, in_use=found[0].spec, advice=advice)
