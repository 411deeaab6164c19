"""Finding assets by words, or by an example of what they show."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import msgspec

from mediatheque.errors import Unavailable
from mediatheque.library.examples import Examples
from mediatheque.library.spaces import Spaces
from mediatheque.model import Asset, Blob, Filter
from mediatheque.records import nearest, scopes, search
from mediatheque.records.database import Connection, Database
from mediatheque.records.embeddings import literal
from mediatheque.records.spaces import Space

P = ParamSpec("P")
T = TypeVar("T")

MOST = 500
"""Assets that one search answers on all of its pages together."""
MARK = 5
"""Bytes of a mark."""
Seen = Collection[bytes]
"""Marks of what pages before have shown."""
_MOST_ALIKE = 1_000  # assets that resemble a smart collection's example
_AT_ONCE = 4  # statements of searches in one process, of its sixteen connections
_LONGEST_SECONDS = 5.0  # for one of them
_DEPTH = 50  # of each list that is fused, at least


class Hit(msgspec.Struct, frozen=True):
    """An asset that was found, and how similar it is: the cosine with the nearest of its vectors, 0 for less.

    1 is the same to the model, 0 is nothing in common; between a text and a picture it stays far below 1. None: the
    asset has no vector, or not yet.
    """

    asset: Asset
    similarity: float | None


class Found(msgspec.Struct, frozen=True):
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

    def __init__(self, database: Database, spaces: Spaces, examples: Examples) -> None:
        self._database = database
        self._spaces = spaces
        self._examples = examples
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def find(self, workspace_id: UUID, wanted: Filter, example: Example, limit: int, seen: Seen = ()) -> Found:
        """At most `limit` assets that the filter lets through and that are not among those seen, by `mark`.

        `Unreadable` for an example without anything to see.
        """
        limit = max(0, min(limit, MOST - len(seen)))
        space = await self._spaces.active()
        vector, scope = await asyncio.gather(
            self._vector(space, example), self._ask(scopes.measure, space, workspace_id, wanted)
        )
        hits, partial = await self._best(_Asked(space, scope, example.text, vector), limit + 1, seen)
        return Found(hits[:limit], more=len(hits) > limit and len(seen) + limit < MOST, partial=partial)

    async def alike(self, workspace_id: UUID, example: Example, least: float) -> tuple[list[UUID], bool]:
        """The assets at least so similar, at most 1,000, nearest first; and whether there may be more.

        `Unreadable` for an example without anything to see.
        """
        space = await self._spaces.active()
        vector, scope = await asyncio.gather(
            self._vector(space, example), self._ask(scopes.measure, space, workspace_id, Filter())
        )
        return await self._ask(nearest.within, space, scope, vector, least=least, limit=_MOST_ALIKE)

    async def _vector(self, space: Space, example: Example) -> str:
        if example.blob is None:
            return literal(await self._spaces.of_text(space, example.text))
        return literal(await self._examples.vector(space, example.blob))

    async def _best(self, asked: "_Asked", most: int, seen: Seen) -> tuple[list[Hit], bool]:
        """Looks further down the ranks, twice, for as many as have expired and are yet to be swept."""
        wished, rounds = most, 3
        while True:
            rounds -= 1
            depth = max(_DEPTH, len(seen) + wished)
            near, worded = await asyncio.gather(
                self._ask(search.by_example, asked.space, asked.scope, vector=asked.vector, depth=depth),
                self._ask(search.by_words, asked.scope, asked.text, depth),
            )
            ranked = search.fused({"meaning": near.ids, **worded}, depth)
            fresh = [id for id in ranked if mark(id) not in seen][:wished]
            found = await self._ask(search.hits, asked.space, asked.scope.workspace_id, fresh, asked.vector)
            if len(found) >= most or len(fresh) < wished or not rounds:
                return [Hit(found[id][0], _from_0_to_1(found[id][1])) for id in fresh if id in found], near.partial
            wished = 10 * max(_DEPTH, wished)

    async def _ask(
        self, read: Callable[Concatenate[Connection, P], Awaitable[T]], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """On a connection of its own. Most of them are left to those who bring or fetch something."""
        async with self._turns:
            try:
                async with asyncio.timeout(_LONGEST_SECONDS), self._database.connection() as conn:
                    return await read(conn, *arguments, **named)
            except TimeoutError as error:
                raise Unavailable("The search took too long.") from error


class _Asked(msgspec.Struct, frozen=True):
    """`vector` as PostgreSQL reads it."""

    space: Space
    scope: scopes.Scope
    text: str
    vector: str


def mark(id: UUID) -> bytes:
    """A few bytes that tell an asset from the others of one search: the random end of its id."""
    return id.bytes[-MARK:]


def _from_0_to_1(similarity: float | None) -> float | None:
    return None if similarity is None else min(1.0, max(0.0, similarity))
