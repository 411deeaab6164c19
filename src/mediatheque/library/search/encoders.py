"""The encoders of this process: each is loaded once, and all of them work in a pool of threads.

numpy and threads are known to this module of the library, since the packages below may not know each other: `embedding`
makes vectors of pixels, and `media` decodes the pixels.
"""

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
from cachetools import LRUCache

from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.embedding.embedder import Embedder
from mediatheque.embedding.errors import ModelError
from mediatheque.errors import ModelUnavailable
from mediatheque.media.frames import Frame
from mediatheque.model import EmbeddingModel

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")
Vector = tuple[float, ...]

_MAX_CACHED_TEXTS = 1_000
_MIN_LENGTH = 1e-12
_LONG_TEXT = "long " * 1_000  # more tokens than any model reads
_WHITE = Frame(1, 1, b"\xff\xff\xff")
_log = structlog.get_logger()


class Encoders:
    """Loaded models that turn texts and frames into vectors.

    Methods that take a model raise ModelUnavailable when it cannot be loaded.
    """

    def __init__(self, config: EmbeddingConfig) -> None:
        self.configured_model = config.model
        self._cache = config.cache
        self._threads = ThreadPoolExecutor(config.threads, "embedding")
        self._loaded: dict[str, asyncio.Future[Embedder]] = {}
        self._text_vectors: LRUCache[tuple[int, str], Vector] = LRUCache(_MAX_CACHED_TEXTS)

    async def close(self) -> None:
        """Wait for the encoders at work, and cancel what is queued."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def prepare(self) -> None:
        """Import the libraries of the configured model, which blocks the whole process, before it serves requests.

        The model itself is loaded in a thread at its first use. Nothing is raised, since nothing needs the model yet.
        """
        try:
            await self.open(self.configured_model)
        except ModelError as error:
            advice = "searches that need it answer 503 until it can be loaded"
            _log.error("model_not_loaded", model=self.configured_model, reason=str(error), advice=advice)

    async def open(self, spec: str) -> Embedder:
        """Open a new embedder. Raises ModelError when the spec or its files are wrong."""
        return await self._run_in_thread(_open, spec, self._cache or self._private_cache())

    async def smoke_test(self, embedder: Embedder) -> None:
        """Encode a text and a picture. Raises ModelError when the embedder cannot."""
        await self._run_in_thread(_smoke_test, embedder)

    async def get(self, model: EmbeddingModel) -> Embedder:
        """Return the model's embedder; once loaded it stays, even if its files are replaced by another model's."""
        loading = self._loaded.get(model.name)
        if loading is None:
            loading = self._loaded[model.name] = asyncio.ensure_future(self._load(model))
        try:
            return await asyncio.shield(loading)
        except ModelUnavailable:
            if self._loaded.get(model.name) is loading:
                del self._loaded[model.name]  # the next call loads it again
            raise

    def evict_others(self, models: Collection[EmbeddingModel]) -> None:
        """Unload the embedders of all other models."""
        for name in self._loaded.keys() - {model.name for model in models}:
            del self._loaded[name]

    async def encode_text(self, model: EmbeddingModel, text: str) -> Vector:
        """Return the vector of a text, cached: the same words are searched for again and again."""
        key = model.id, text
        vector = self._text_vectors.get(key)
        if vector is None:
            [vector] = await self.encode_texts(model, [text])
            self._text_vectors[key] = vector
        return vector

    async def encode_texts(self, model: EmbeddingModel, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text."""
        return await self._encode(model, _text_vectors, texts)

    async def frame_edge(self, model: EmbeddingModel) -> int:
        """Return the shorter side of the frames that `encode_frames` should be given."""
        return (await self.get(model)).frame_edge

    async def encode_frames(self, model: EmbeddingModel, frames: Sequence[Frame]) -> Vector:
        """Return one vector for all frames, at least one: the normalised mean of their vectors."""
        return await self._encode(model, _mean_vector, frames)

    async def _load(self, model: EmbeddingModel) -> Embedder:
        try:
            embedder = await self.open(model.spec)
            _check_name(model, embedder)
        except ModelError as error:
            _log.error("model_not_loaded", model=model.spec, reason=str(error))
            raise ModelUnavailable from error
        return embedder

    async def _encode(self, model: EmbeddingModel, encode: Callable[[Embedder, S], T], items: S) -> T:
        """Encode the items on a thread. The first call loads the weights, so it can fail as opening the model can."""
        embedder = await self.get(model)
        try:
            return await self._run_in_thread(encode, embedder, items)
        except (ModelError, OSError) as error:
            _log.error("model_not_loaded", model=model.spec, reason=str(error))
            raise ModelUnavailable from error

    def _private_cache(self) -> Path:
        self._cache = Path(tempfile.mkdtemp(prefix="mediatheque-models-"))
        weakref.finalize(self, shutil.rmtree, self._cache, ignore_errors=True)
        return self._cache

    async def _run_in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))


def try_model(spec: str) -> None:
    """Open an embedder and encode a text and a picture. Blocks. Raises ModelError when it does not work."""
    with tempfile.TemporaryDirectory(prefix="mediatheque-models-") as cache:
        _smoke_test(_open(spec, Path(cache)))


def _open(spec: str, cache: Path) -> Embedder:
    from mediatheque.embedding import open_embedder  # noqa: PLC0415 - a process that embeds nothing needs no libraries

    try:
        return open_embedder(spec, cache)
    except OSError as error:
        raise ModelError(str(error)) from error


def _check_name(model: EmbeddingModel, embedder: Embedder) -> None:
    """Check that the embedder is the one that made the model's vectors; raises ModelError otherwise."""
    if embedder.name != model.name:
        raise ModelError(
            f"The library was embedded with {model.name}, and {model.spec} is now {embedder.name}: put the old files"
            f" back, or run `mediatheque reindex {model.spec}`."
        )


def _smoke_test(embedder: Embedder) -> None:
    try:
        _text_vectors(embedder, ["a text", _LONG_TEXT])
        _mean_vector(embedder, [_WHITE])
    except (OSError, ValueError) as error:  # ValueError: the arrays that the graph returns do not fit together
        raise ModelError(str(error)) from error


def _text_vectors(embedder: Embedder, texts: Sequence[str]) -> list[Vector]:
    return [tuple(row) for row in embedder.texts(texts).tolist()]


def _mean_vector(embedder: Embedder, frames: Sequence[Frame]) -> Vector:
    pixels = [np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, 3) for frame in frames]
    mean = embedder.images(pixels).mean(axis=0)
    return tuple((mean / max(float(np.linalg.norm(mean)), _MIN_LENGTH)).tolist())
