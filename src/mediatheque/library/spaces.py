"""The models of this library, and what they make of texts and pictures."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from mediatheque.embedding.config import Config
from mediatheque.embedding.embedder import Embedder
from mediatheque.errors import Unavailable
from mediatheque.media.frames import Frame
from mediatheque.records import spaces as rows
from mediatheque.records.database import Database
from mediatheque.records.spaces import Space

P = ParamSpec("P")
T = TypeVar("T")
Vector = tuple[float, ...]

FRESH_SECONDS = 1.0
"""How long the active space is believed to be active still."""
_REMEMBERED = 1_000  # texts, whose vectors are kept
_TINY = 1e-12


class Spaces:
    """Vectors of texts and pictures, each in the space of one model. What blocks is done on threads of their own."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config
        self._threads = ThreadPoolExecutor(config.threads, "embedding")
        self._embedders: dict[str, asyncio.Future[Embedder]] = {}
        self._remembered: OrderedDict[tuple[int, str], Vector] = OrderedDict()
        self._active: tuple[float, Space] | None = None

    def close(self) -> None:
        """Wait for what is being made."""
        self._threads.shutdown()

    async def active(self) -> Space:
        """The space to search in; the first one is that of the configured embedder."""
        if self._active and time.monotonic() - self._active[0] < FRESH_SECONDS:
            return self._active[1]
        found = await self.all_of_them()
        space = found[0] if found and found[0].active else await self.add(self._config.model)
        self._active = time.monotonic(), space
        return space

    async def warm(self) -> None:
        """Load the models of every space now, so that the first new asset need not wait for them."""
        white = Frame(1, 1, b"\xff\xff\xff")
        for space in [await self.active(), *await self.all_of_them()]:
            await self.of_texts(space, ["warm"])
            await self.of_frames(space, [white])

    async def all_of_them(self) -> list[Space]:
        """Every space that wants vectors of new assets, the active one first."""
        async with self._database.connection() as conn:
            return await rows.all_of_them(conn)

    async def add(self, spec: str) -> Space:
        """The space of that embedder, known from now on. `ValueError` if there is no such embedder."""
        embedder = await self._embedder(spec)
        async with self._database.transaction() as conn:
            return await rows.add(conn, name=embedder.name, spec=spec, dimensions=embedder.dimensions)

    async def embedder(self, space: Space) -> Embedder:
        """What makes the space's vectors. `Unavailable` if it is not here, or is another one by now."""
        try:
            embedder = await self._embedder(space.spec)
        except ValueError as error:
            raise Unavailable(f"The model {space.spec} cannot be loaded: {error}") from error
        if embedder.name != space.name:
            raise Unavailable(f"The model {space.spec} is not the one that this library was embedded with.")
        return embedder

    async def of_text(self, space: Space, text: str) -> Vector:
        """The vector of a text, remembered: the same words are searched for again and again."""
        known = self._remembered.get((space.id, text))
        if known is None:
            [known] = await self.of_texts(space, [text])
            self._remembered[space.id, text] = known
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    async def of_texts(self, space: Space, texts: Sequence[str]) -> list[Vector]:
        """A vector for each text."""
        embedder = await self.embedder(space)
        return await self._on_thread(_rows, embedder, texts)

    async def of_frames(self, space: Space, frames: Sequence[Frame]) -> Vector:
        """One vector for all the pictures, of which there is at least one: the mean of theirs."""
        embedder = await self.embedder(space)
        return await self._on_thread(_mean, embedder, frames)

    async def _embedder(self, spec: str) -> Embedder:
        """Loaded once; a failure is not kept."""
        if spec not in self._embedders:
            self._embedders[spec] = asyncio.ensure_future(self._on_thread(_open, spec, self._config.cache))
        try:
            return await asyncio.shield(self._embedders[spec])
        except Exception:
            self._embedders.pop(spec, None)
            raise

    async def _on_thread(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))


def _open(spec: str, cache: Path) -> Embedder:
    from mediatheque.embedding import open_embedder  # noqa: PLC0415 - who neither searches nor embeds needs no models

    return open_embedder(spec, cache)


def _rows(embedder: Embedder, texts: Sequence[str]) -> list[Vector]:
    return [tuple(row) for row in embedder.texts(texts).tolist()]


def _mean(embedder: Embedder, frames: Sequence[Frame]) -> Vector:
    pictures = [np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, 3) for frame in frames]
    mean = embedder.images(pictures).mean(axis=0)
    return tuple((mean / max(float(np.linalg.norm(mean)), _TINY)).tolist())
