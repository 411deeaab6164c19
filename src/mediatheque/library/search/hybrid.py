"""Hybrid search: assets near in meaning, and assets with the words, fused into one ranking."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import msgspec

from mediatheque.errors import Unavailable
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.encoders import Encoders
from mediatheque.library.search.examples import ExampleVectors
from mediatheque.library.search.ranking import reciprocal_rank_fusion, similarity_of
from mediatheque.model import Asset, Blob, EmbeddingModel, Filter
from mediatheque.records.database import Connection, Database
from mediatheque.records.search import hybrid, scopes, vectors
from mediatheque.records.search.embeddings import to_pgvector
from mediatheque.records.search.text_query import TextQuery, parse

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

MAX_RESULTS = 500
"""Assets that one search returns on all its pages together."""
SHORT_ID_BYTES = 5
"""Bytes of a short id."""
ShownIds = Collection[bytes]
"""Short ids of the assets on earlier pages."""
_MAX_SIMILAR = 1_000  # assets that a smart collection's example selects
_MAX_CONCURRENT = 4  # searches in one process; each takes two of its sixteen connections
_TIMEOUT_SECONDS = 5.0
_MIN_DEPTH = 50  # of each ranked list
_MAX_ROUNDS = 3


class Hit(msgspec.Struct, frozen=True):
    """An asset, and its similarity: the cosine with the nearest of its vectors, 0 for less.

    1 is the same to the model, 0 has nothing in common; between a text and a picture it stays far below 1. None when
    the asset has no vector, or not yet.
    """

    asset: Asset
    similarity: float | None


class SearchPage(msgspec.Struct, frozen=True):
    """A page of hits, best first. `partial`: the vector index did not reach all assets of the filter."""

    hits: list[Hit]
    more: bool
    partial: bool


class Example(msgspec.Struct, frozen=True):
    """What to search for: a text, or the content of a picture or a video."""

    text: str = ""
    blob: Blob | None = None


class _Query(msgspec.Struct, frozen=True):
    """One search. `vector` is the example's, as pgvector reads it."""

    model: EmbeddingModel
    scope: scopes.Estimate
    text: TextQuery
    vector: str


class Search:
    """Ranking of a workspace's assets by an example, with the active model."""

    def __init__(
        self, database: Database, encoders: Encoders, models: EmbeddingModels, examples: ExampleVectors
    ) -> None:
        self._database = database
        self._encoders = encoders
        self._models = models
        self._examples = examples
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)

    async def find(
        self, workspace_id: UUID, wanted: Filter, example: Example, limit: int, shown: ShownIds = ()
    ) -> SearchPage:
        """Return at most `limit` assets that the filter selects, without those shown on earlier pages.

        The example's text may have phrases and exclusions; see `text_query.parse`. Raises Unreadable when nothing of
        the example can be decoded.
        """
        limit = max(0, min(limit, MAX_RESULTS - len(shown)))
        model = await self._models.active()
        text = parse(example.text)
        example = Example(text=text.text or example.text, blob=example.blob)
        vector, scope = await _gather_two(self._vector(model, example), self._estimate(model, workspace_id, wanted))
        query = _Query(model, scope, text, vector)
        async with self._slot():
            hits, partial = await self._rank(query, limit + 1, shown)
        return SearchPage(hits[:limit], more=len(hits) > limit and len(shown) + limit < MAX_RESULTS, partial=partial)

    async def find_similar_ids(
        self, workspace_id: UUID, example: Example, min_similarity: float
    ) -> tuple[list[UUID], bool]:
        """Return the at most 1,000 assets with at least this similarity, nearest first; and whether there may be more.

        Raises Unreadable when nothing of the example can be decoded.
        """
        model = await self._models.active()
        vector, scope = await _gather_two(self._vector(model, example), self._estimate(model, workspace_id, Filter()))
        async with self._slot():
            return await self._read(
                vectors.within, model, scope, vector, min_similarity=min_similarity, limit=_MAX_SIMILAR
            )

    async def _vector(self, model: EmbeddingModel, example: Example) -> str:
        if example.blob is None:
            return to_pgvector(await self._encoders.encode_text(model, example.text))
        return to_pgvector(await self._examples.vector(model, example.blob))

    async def _estimate(self, model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> scopes.Estimate:
        async with self._slot():
            return await self._read(scopes.estimate_size, model, workspace_id, wanted)

    async def _rank(self, query: _Query, count: int, shown: ShownIds) -> tuple[list[Hit], bool]:
        """Return the best `count` hits; read deeper, twice at most, when others are left out."""
        wanted, rounds = count, _MAX_ROUNDS
        while True:
            rounds -= 1
            depth = max(_MIN_DEPTH, len(shown) + wanted)
            near, by_words = await _gather_two(
                self._read(hybrid.by_example, query.model, query.scope, vector=query.vector, depth=depth),
                self._rank_by_words(query, depth),
            )
            ranked = reciprocal_rank_fusion({"vectors": near.ids, **by_words}, depth)
            fresh = [id for id in ranked if short_id(id) not in shown][:wanted]
            found = await self._read_hits(query, fresh)
            if len(found) >= count or len(fresh) < wanted or not rounds:
                return [_hit(*found[id]) for id in fresh if id in found], near.partial
            wanted = 10 * max(_MIN_DEPTH, wanted)

    async def _read_hits(self, query: _Query, ids: list[UUID]) -> hybrid.Hits:
        workspace_id, conditions = query.scope.workspace_id, query.text.conditions
        return await self._read(hybrid.hits, query.model, workspace_id, ids, query.vector, conditions=conditions)

    async def _rank_by_words(self, query: _Query, depth: int) -> hybrid.RankedLists:
        return await self._read(hybrid.by_words, query.scope, query.text, depth) if query.text.words else {}

    async def _read(
        self, read: Callable[Concatenate[Connection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._database.connection() as conn:
            return await read(conn, *args, **kwargs)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Hold a search slot.

        Searches take at most half of the connections, two each; uploads and reads keep the others.
        """
        async with self._slots:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    yield
            except TimeoutError as error:
                raise Unavailable("The search took too long.") from error


def short_id(id: UUID) -> bytes:
    """Return the random end of the id: a few bytes that differ among the assets of one search."""
    return id.bytes[-SHORT_ID_BYTES:]


def _hit(asset: Asset, cosine: float | None) -> Hit:
    return Hit(asset, None if cosine is None else similarity_of(cosine))


async def _gather_two(first: Coroutine[None, None, T], second: Coroutine[None, None, S]) -> tuple[T, S]:
    """Run both concurrently. When one raises, the other is cancelled, and its exception is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return tasks[0].result(), tasks[1].result()
