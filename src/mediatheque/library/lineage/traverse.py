"""Traversal of the lineage graph: an asset's ancestors and descendants."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from mediatheque.errors import AssetNotFound
from mediatheque.library.lineage.graph import MAX_EDGES, Graph
from mediatheque.model import Asset, GenerationIO, Lineage
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection, Database
from mediatheque.records.lineage import edges

MAX_DEPTH = 5
_QUERY_LIMIT = MAX_EDGES + 1
"""One row more than the graph has room for shows that it is truncated."""


class LineageGraphs:
    """Operations on the lineage graph: follow assets through the requests that made them and that used them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: UUID, asset_id: UUID, depth: int = MAX_DEPTH) -> Lineage:
        """Return the asset's ancestors and descendants, up to `depth` (1 to 5) requests away.

        Deleted assets stay in the graph. The graph has neither the other outputs of an ancestor's request nor the other
        inputs of a descendant's. It grows level by level, ancestors first, until it is full. Raises `AssetNotFound`.
        """
        async with self._database.connection() as conn:
            focus = await assets.find(conn, workspace_id, asset_id)
            if focus is None:
                raise AssetNotFound
            graph = Graph(focus)
            directions = (
                _Direction(graph, focus, edges.producers, edges.inputs),
                _Direction(graph, focus, edges.consumers, edges.outputs),
            )
            for _ in range(depth):
                for direction in directions:
                    await direction.expand(conn, workspace_id)
            return await _lineage(conn, workspace_id, graph)


_AssetQuery = Callable[[Connection, UUID, Sequence[UUID], int], Awaitable[list[GenerationIO]]]
"""Finds inputs or outputs of requests by workspace and asset ids, at most a number of them."""
_RequestQuery = Callable[[Connection, UUID, Sequence[str], int], Awaitable[list[GenerationIO]]]
"""Finds inputs or outputs of requests by workspace and request ids, at most a number of them."""


class _Direction:
    """The traversal in one direction, towards ancestors or descendants: assets, their requests, the assets beyond.

    Each asset and each request is followed once.
    """

    def __init__(self, graph: Graph, focus: Asset, asset_query: _AssetQuery, request_query: _RequestQuery) -> None:
        self._graph, self._asset_query, self._request_query = graph, asset_query, request_query
        self._assets = {focus.id}
        self._requests: set[str] = set()
        self._frontier = [focus.id]

    async def expand(self, conn: Connection, workspace_id: UUID) -> None:
        """Add one level, with two queries."""
        if not self._frontier or self._graph.truncated:
            return
        near = await self._asset_query(conn, workspace_id, self._frontier, _QUERY_LIMIT)
        taken = self._graph.add(near)
        requests = list(dict.fromkeys(each.request_id for each in taken if each.request_id not in self._requests))
        far = await self._request_query(conn, workspace_id, requests, _QUERY_LIMIT) if requests else []
        taken = self._graph.add(far)
        found = dict.fromkeys(each.asset_id for each in taken if each.asset_id and each.asset_id not in self._assets)
        self._frontier = [id for id in found if id]
        self._requests.update(requests)
        self._assets.update(self._frontier)


async def _lineage(conn: Connection, workspace_id: UUID, graph: Graph) -> Lineage:
    return graph.lineage(
        await edges.assets(conn, workspace_id, list(graph.assets)),
        await edges.requests(conn, workspace_id, list(graph.requests)),
        await edges.characters(conn, workspace_id, list(graph.characters)) if graph.characters else {},
    )
