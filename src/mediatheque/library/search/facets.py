"""Facets: how many assets have which kind, tag, source, endpoint and month."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from mediatheque.errors import Unavailable
from mediatheque.model import Facet, Facets, Filter
from mediatheque.records.database import Database
from mediatheque.records.search import facets

_MAX_CONCURRENT = 2  # in one process: all else has connections left
_TIMEOUT_SECONDS = 5.0


class FacetCounts:
    """Counts of a workspace's assets by their values."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)

    async def count(self, workspace_id: UUID, wanted: Filter, by: Sequence[Facet]) -> Facets:
        """Count the assets of the filter by each facet. Raises `Unavailable` when it takes too long."""
        async with self._slots:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS), self._database.connection() as conn:
                    return await facets.count(conn, workspace_id, wanted, by)
            except TimeoutError as error:
                raise Unavailable("The facets took too long.") from error
