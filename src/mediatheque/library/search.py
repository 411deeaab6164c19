"""Finding assets by words, or by an example of what they show."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.library.embeddings import Embeddings
from mediatheque.library.spaces import Spaces, Vector
from mediatheque.model import Asset, Blob, Filter
from mediatheque.records import nearest, scopes, search
from mediatheque.records.database import Database
from mediatheque.records.embeddings import literal
from mediatheque.records.spaces import Space

MOST = 500
"""Assets that one search answers on all of its pages together."""
MARK = 5
"""Bytes of a mark."""
_MOST_ALIKE = 1_000  # assets that resemble a smart collection's example
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

    def __init__(self, database: Database, spaces: Spaces, embeddings: Embeddings) -> None:
        self._database = database
        self._spaces = spaces
        self._embeddings = embeddings

    async def find(
        self, workspace_id: UUID, wanted: Filter, example: Example, limit: int, seen: Collection[bytes] = ()
    ) -> Found:
        """At most `limit` assets that the filter lets through and that are not among those seen, by `mark`.

        `Unreadable` for an example without anything to see.
        """
        limit = max(0, min(limit, MOST - len(seen)))
        space = await self._spaces.active()
        vector = literal(await self._vector(space, example))
        depth = max(_DEPTH, len(seen) + limit + 1)
        async with self._database.connection() as conn:
            scope = await scopes.measure(conn, space, workspace_id, wanted)
            if example.blob:
                ranked = await search.by_example(conn, space, scope, vector=vector, depth=depth)
            else:
                ranked = await search.by_text(conn, space, scope, example.text, vector=vector, depth=depth)
            fresh = [id for id in ranked.ids if mark(id) not in seen]
            found = await search.hits(conn, space, workspace_id, fresh[: limit + 1], vector)
        hits = [Hit(found[id][0], _from_0_to_1(found[id][1])) for id in fresh if id in found]
        return Found(hits[:limit], more=len(hits) > limit and len(seen) + limit < MOST, partial=ranked.partial)

    async def alike(self, workspace_id: UUID, example: Example, least: float) -> tuple[list[UUID], bool]:
        """The assets at least so similar, at most 1,000, nearest first; and whether there may be more.

        `Unreadable` for an example without anything to see.
        """
        space = await self._spaces.active()
        vector = literal(await self._vector(space, example))
        async with self._database.connection() as conn:
            scope = await scopes.measure(conn, space, workspace_id, Filter())
            ids = await nearest.within(conn, space, scope, vector, least=least, limit=_MOST_ALIKE)
        return ids, len(ids) >= _MOST_ALIKE

    async def _vector(self, space: Space, example: Example) -> Vector:
        if example.blob is None:
            return await self._spaces.of_text(space, example.text)
        frames = await self._embeddings.frames_of(example.blob)
        if not frames:
            raise Unreadable("There is nothing to see in this file.")
        return await self._spaces.of_frames(space, frames)


def mark(id: UUID) -> bytes:
    """A few bytes that tell an asset from the others of one search: the random end of its id."""
    return id.bytes[-MARK:]


def _from_0_to_1(similarity: float | None) -> float | None:
    return None if similarity is None else min(1.0, max(0.0, similarity))
