"""Finding assets by words, or by an example of what they show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import msgspec

from mediatheque.errors import Unavailable
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.examples import ExampleVectors
from mediatheque.model import Asset, Blob, Filter
from mediatheque.records.database import Connection, Database
from mediatheque.records.search import full_text, hybrid, scopes, vectors
from mediatheque.records.search.embedding_models import EmbeddingModel
from mediatheque.records.search.embeddings import to_pgvector

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

MAX_RESULTS = 500
"""Assets that one search answers on all of its pages together."""
SHORT_ID_BYTES = 5
"""Bytes of a mark."""
ShownIds = Collection[bytes]
"""Marks of what pages before have shown."""
_MAX_SIMILAR = 1_000  # assets that resemble a smart collection's example
_MAX_CONCURRENT = 4  # searches in one process; each has two of its sixteen connections
_TIMEOUT_SECONDS = 5.0
_DEPTH = 50  # of each list that is fused, at least


class Hit(msgspec.Struct, frozen=True):
    """An asset that was found, and how similar it is: the cosine with the nearest of its vectors, 0 for less.

    1 is the same to the model, 0 is nothing in common; between a text and a picture it stays far below 1. None: the
    asset has no vector, or not yet.
    """

    asset: Asset
    similarity: float | None


class SearchPage(msgspec.Struct, frozen=True):
    """A page of hits, best first. `partial`: some of the scope was out of reach."""

    hits: list[Hit]
    more: bool
    partial: bool


class Example(msgspec.Struct, frozen=True):
    """What to look for: a text, or the content of a picture or a video."""

    text: str = ""
    blob: Blob | None = None


class Search:
    """Ranks the assets of a workspace by an example, in the active space."""

    def __init__(self, database: Database, models: EmbeddingModels, examples: ExampleVectors) -> None:
        self._database = database
        self._models = models
        self._examples = examples
        self._turns = asyncio.Semaphore(_MAX_CONCURRENT)

    async def find(
        self, workspace_id: UUID, wanted: Filter, example: Example, limit: int, seen: ShownIds = ()
    ) -> SearchPage:
        """At most `limit` assets that the filter lets through and that are not among those seen, by `short_id`.

        `Unreadable` for an example without anything to see.
        """
        limit = max(0, min(limit, MAX_RESULTS - len(seen)))
        model = await self._models.active()
        vector, scope = await _gather_two(self._vector(model, example), self._estimate(model, workspace_id, wanted))
        asked = _Query(model, scope, example.text, vector)
        async with self._slot():
            hits, partial = await self._rank(asked, limit + 1, seen)
        return SearchPage(hits[:limit], more=len(hits) > limit and len(seen) + limit < MAX_RESULTS, partial=partial)

    async def find_similar_ids(self, workspace_id: UUID, example: Example, least: float) -> tuple[list[UUID], bool]:
        """The assets at least so similar, at most 1,000, nearest first; and whether there may be more.

        `Unreadable` for an example without anything to see.
        """
        model = await self._models.active()
        vector, scope = await _gather_two(self._vector(model, example), self._estimate(model, workspace_id, Filter()))
        async with self._slot():
            return await self._ask(vectors.within, model, scope, vector, least=least, limit=_MAX_SIMILAR)

    async def _vector(self, model: EmbeddingModel, example: Example) -> str:
        if example.blob is None:
            return to_pgvector(await self._models.encode_text(model, example.text))
        return to_pgvector(await self._examples.vector(model, example.blob))

    async def _estimate(self, model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> scopes.Estimate:
        async with self._slot():
            return await self._ask(scopes.estimate_size, model, workspace_id, wanted)

    async def _rank(self, asked: "_Query", most: int, seen: ShownIds) -> tuple[list[Hit], bool]:
        """Looks further down the ranks, twice, for as many as have expired and are yet to be swept."""
        wished, rounds = most, 3
        while True:
            rounds -= 1
            depth = max(_DEPTH, len(seen) + wished)
            near, worded = await _gather_two(
                self._ask(hybrid.by_example, asked.model, asked.scope, vector=asked.vector, depth=depth),
                self._rank_by_words(asked, depth),
            )
            ranked = hybrid.reciprocal_rank_fusion({"meaning": near.ids, **worded}, depth)
            fresh = [id for id in ranked if short_id(id) not in seen][:wished]
            found = await self._ask(hybrid.hits, asked.model, asked.scope.workspace_id, fresh, asked.vector)
            if len(found) >= most or len(fresh) < wished or not rounds:
                return [Hit(found[id][0], _clamp(found[id][1])) for id in fresh if id in found], near.partial
            wished = 10 * max(_DEPTH, wished)

    async def _rank_by_words(self, asked: "_Query", depth: int) -> hybrid.RankedLists:
        words = full_text.words_of(asked.text)
        return await self._ask(hybrid.by_words, asked.scope, asked.text, words, depth) if words else {}

    async def _ask(
        self, read: Callable[Concatenate[Connection, P], Awaitable[T]], *arguments: P.args, **named: P.kwargs
    ) -> T:
        async with self._database.connection() as conn:
            return await read(conn, *arguments, **named)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Half of the connections, two for each search, are left to those who bring or fetch something."""
        async with self._turns:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    yield
            except TimeoutError as error:
                raise Unavailable("The search took too long.") from error


async def _gather_two(first: Coroutine[None, None, T], second: Coroutine[None, None, S]) -> tuple[T, S]:
    """What both answer, at the same time. If one fails the other is called off."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return tasks[0].result(), tasks[1].result()


class _Query(msgspec.Struct, frozen=True):
    """`vector` as PostgreSQL reads it."""

    model: EmbeddingModel
    scope: scopes.Estimate
    text: str
    vector: str


def short_id(id: UUID) -> bytes:
    """A few bytes that tell an asset from the others of one search: the random end of its id."""
    return id.bytes[-SHORT_ID_BYTES:]


def _clamp(similarity: float | None) -> float | None:
    return None if similarity is None else min(1.0, max(0.0, similarity))
