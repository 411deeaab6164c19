"""The models of this process: each loaded once, all their work done on threads of their own."""

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import structlog

from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.embedding.embedder import Embedder, ModelError
from mediatheque.errors import ModelUnavailable
from mediatheque.media.frames import Frame
from mediatheque.records.search.embedding_models import EmbeddingModel

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")
Vector = tuple[float, ...]

_TINY = 1e-12
_WHITE = Frame(1, 1, b"\xff\xff\xff")
_log = structlog.get_logger()


class Encoders:
    """What makes vectors. Verbs that take a space raise `ModelUnavailable` where its model cannot be loaded."""

    def __init__(self, config: EmbeddingConfig) -> None:
        self._model = config.model
        self._cache = config.cache
        self._threads = ThreadPoolExecutor(config.threads, "embedding")
        self._loaded: dict[str, asyncio.Future[Embedder]] = {}

    async def close(self) -> None:
        """Wait for what is being made, and forget what was asked for."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def prepare(self) -> None:
        """Open the configured model, which imports its libraries: that holds up everything else in the process.

        The model itself is loaded when it is first used, which does not. Nothing is raised, as nobody needs it yet.
        """
        try:
            await self.open(self._model)
        except ValueError as error:
            _log.error("model not loaded", model=self._model, reason=str(error))

    async def open(self, spec: str) -> Embedder:
        """The embedder, opened anew. `ValueError` says what is wrong with the spec or its files."""
        return await self._on_thread(_open, spec, self._cache or self._private_cache())

    async def smoke_test(self, embedder: Embedder) -> None:
        """Have it look at a text and a picture. `ValueError` if it cannot."""
        await self._on_thread(_smoke_test, embedder)

    async def get(self, model: EmbeddingModel) -> Embedder:
        """What makes the space's vectors, also after its files were replaced by those of another model."""
        loading = self._loaded.get(model.name)
        if loading is None:
            loading = self._loaded[model.name] = asyncio.ensure_future(self._find(model))
        try:
            return await asyncio.shield(loading)
        except ModelUnavailable:
            if self._loaded.get(model.name) is loading:
                del self._loaded[model.name]  # the next one tries again
            raise

    def evict_others(self, models: Collection[EmbeddingModel]) -> None:
        """Forget the models of all other spaces."""
        for name in self._loaded.keys() - {model.name for model in models}:
            del self._loaded[name]

    async def encode_texts(self, model: EmbeddingModel, texts: Sequence[str]) -> list[Vector]:
        """A vector for each text."""
        return await self._work(model, _rows, texts)

    async def encode_frames(self, model: EmbeddingModel, frames: Sequence[Frame]) -> Vector:
        """One vector for all the pictures, of which there is at least one: the mean of theirs."""
        return await self._work(model, _mean, frames)

    async def _find(self, model: EmbeddingModel) -> Embedder:
        try:
            return _expect(model, await self.open(model.spec))
        except ValueError as error:
            _log.error("model not loaded", model=model.spec, reason=str(error))
            raise ModelUnavailable from error

    async def _work(self, model: EmbeddingModel, work: Callable[[Embedder, S], T], items: S) -> T:
        """An embedder loads its weights with its first item."""
        embedder = await self.get(model)
        try:
            return await self._on_thread(work, embedder, items)
        except (ModelError, OSError) as error:
            _log.error("model not loaded", model=model.spec, reason=str(error))
            raise ModelUnavailable from error

    def _private_cache(self) -> Path:
        self._cache = Path(tempfile.mkdtemp(prefix="mediatheque-models-"))
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)
        return self._cache

    async def _on_thread(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))


def _open(spec: str, cache: Path) -> Embedder:
    from mediatheque.embedding import open_embedder  # noqa: PLC0415 - who neither searches nor embeds needs no models

    try:
        return open_embedder(spec, cache)
    except OSError as error:
        raise ModelError(str(error)) from error


def _expect(model: EmbeddingModel, embedder: Embedder) -> Embedder:
    if embedder.name != model.name:
        raise ValueError(
            f"It is {embedder.name} now, and the library was embedded with {model.name}: put the old files back, or run"
            f" `mediatheque reindex {model.spec}`."
        )
    return embedder


def _smoke_test(embedder: Embedder) -> None:
    try:
        _rows(embedder, ["a text"])
        _mean(embedder, [_WHITE])
    except OSError as error:
        raise ModelError(str(error)) from error


def _rows(embedder: Embedder, texts: Sequence[str]) -> list[Vector]:
    return [tuple(row) for row in embedder.texts(texts).tolist()]


def _mean(embedder: Embedder, frames: Sequence[Frame]) -> Vector:
    pictures = [np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, 3) for frame in frames]
    mean = embedder.images(pictures).mean(axis=0)
    return tuple((mean / max(float(np.linalg.norm(mean)), _TINY)).tolist())
