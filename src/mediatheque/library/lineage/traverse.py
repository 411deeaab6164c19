"""What an asset was made from, and what was made of it."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from mediatheque.errors import AssetNotFound
from mediatheque.library.lineage.graph import MAX_EDGES, Graph
from mediatheque.model import Asset, GenerationIO, Lineage
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection, Database
from mediatheque.records.lineage import edges

MAX_DEPTH = 5
_ENOUGH = MAX_EDGES + 1


class LineageGraphs:
    """Following assets through the requests that made them and that they went into."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: UUID, asset_id: UUID, depth: int = MAX_DEPTH) -> Lineage:
        """The asset's ancestors and descendants, `depth` requests far (1 to 5), or `AssetNotFound`.

        What is deleted stays in the graph. Beside the line are neither the other outputs of an ancestor's request nor
        the other inputs of a descendant's. A graph grows level by level, upwards first, until it is full.
        """
        async with self._database.connection() as conn:
            focus = await assets.find(conn, workspace_id, asset_id)
            if focus is None:
                raise AssetNotFound
            graph = Graph(focus)
            ways = (
                _Direction(graph, focus, edges.producers, edges.inputs),
                _Direction(graph, focus, edges.consumers, edges.outputs),
            )
            for _ in range(depth):
                for method in ways:
                    await method.expand(conn, workspace_id)
            return await _lineage(conn, workspace_id, graph)


class _FromAssets(Protocol):
    async def __call__(
        self, conn: Connection, workspace_id: UUID, ids: Sequence[UUID], limit: int, /
    ) -> list[GenerationIO]: ...


class _FromRequests(Protocol):
    async def __call__(
        self, conn: Connection, workspace_id: UUID, ids: Sequence[str], limit: int, /
    ) -> list[GenerationIO]: ...


class _Direction:
    """Up or down: from assets to requests, and on to the assets on their other side. No step is taken twice."""

    def __init__(self, graph: Graph, focus: Asset, near: _FromAssets, far: _FromRequests) -> None:
        self._graph, self._near, self._far = graph, near, far
        self._assets = {focus.id}
        self._requests: set[str] = set()
        self._reached = [focus.id]

    async def expand(self, conn: Connection, workspace_id: UUID) -> None:
        """One level: two queries, however many assets there are on it."""
        if not self._reached or self._graph.truncated:
            return
        near = await self._near(conn, workspace_id, self._reached, _ENOUGH)
        taken = self._graph.add(near)
        requests = list(dict.fromkeys(each.request_id for each in taken if each.request_id not in self._requests))
        far = await self._far(conn, workspace_id, requests, _ENOUGH) if requests else []
        taken = self._graph.add(far)
        found = dict.fromkeys(each.asset_id for each in taken if each.asset_id and each.asset_id not in self._assets)
        self._reached = [id for id in found if id]
        self._requests.update(requests)
        self._assets.update(self._reached)


async def _lineage(conn: Connection, workspace_id: UUID, graph: Graph) -> Lineage:
    return graph.lineage(
        await edges.assets(conn, workspace_id, list(graph.assets)),
        await edges.requests(conn, workspace_id, list(graph.requests)),
        await edges.characters(conn, workspace_id, list(graph.characters)) if graph.characters else {},
    )
