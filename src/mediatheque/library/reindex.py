"""Another model for the search, while searches go on with the one there is."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from mediatheque.library.embeddings import Embeddings
from mediatheque.library.spaces import FRESH_SECONDS, Spaces
from mediatheque.records import embeddings, spaces
from mediatheque.records.database import Database
from mediatheque.records.spaces import Space

_BATCH = 100
_AT_ONCE = 4
_log = structlog.get_logger()


class Reindex:
    """Builds a space beside the active one, then has it take its place.

    New assets go into both meanwhile. Stopped halfway, it goes on where it was when it is run again.
    """

    def __init__(self, database: Database, library_spaces: Spaces, library_embeddings: Embeddings) -> None:
        self._database = database
        self._spaces = library_spaces
        self._embeddings = library_embeddings

    async def begin(self, spec: str) -> Space:
        """The space to build. `ValueError` if there is no such embedder."""
        await self._spaces.active()
        return await self._spaces.add(spec)

    async def progress(self, space: Space) -> tuple[int, int]:
        """How many assets are done, and how many there are."""
        async with self._database.connection() as conn:
            return await embeddings.progress(conn, space)

    async def build(self, space: Space) -> AsyncIterator[int]:
        """Embed what the space lacks, until it lacks nothing; says after each batch how many were done."""
        after: UUID | None = None
        while True:
            async with self._database.connection() as conn:
                batch = await embeddings.without(conn, space, after, _BATCH)
            if not batch and after is None:
                return
            await self._embed(space, batch)
            yield len(batch)
            after = batch[-1] if batch else None  # once more from the start, for those that came meanwhile

    async def finish(self, space: Space) -> None:
        """Have searches use the space, and forget all others once no server asks for them."""
        async with self._database.transaction() as conn:
            await spaces.activate(conn, space)
        await asyncio.sleep(2 * FRESH_SECONDS)
        async with self._database.transaction() as conn:
            for other in await spaces.all_of_them(conn):
                if not other.active:
                    await spaces.remove(conn, other)

    async def _embed(self, space: Space, ids: list[UUID]) -> None:
        """Some at a time: one is decoded while another is looked at."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def embed(id: UUID) -> None:
            async with turns:
                try:
                    await self._embeddings.embed_in([space], id)
                except OSError as error:
                    _log.warning("asset not seen", asset=str(id), reason=str(error))
                    await self._embeddings.give_up(space, id, str(error))

        async with asyncio.TaskGroup() as work:
            for id in ids:
                work.create_task(embed(id))
