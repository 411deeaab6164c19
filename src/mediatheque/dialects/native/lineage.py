"""The lineage of assets in the native API."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.shapes import Time
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.urls import file_url_for
from mediatheque.library.lineage.traverse import MAX_DEPTH
from mediatheque.model import AssetNode, CharacterNode, Edge, Kind, Lineage, Node, RequestNode, Role, Scope, UrlNode


class AssetNodeShape(msgspec.Struct, frozen=True, kw_only=True, tag="asset"):
    """An asset. A deleted one has no URL."""

    key: str
    id: UUID
    kind: Kind
    url: str | None
    request_id: str | None
    deleted: bool


class UrlNodeShape(msgspec.Struct, frozen=True, kw_only=True, tag="url"):
    """An input that is not in the library."""

    key: str
    url: str


class RequestNodeShape(msgspec.Struct, frozen=True, kw_only=True, tag="request"):
    """A request to a model."""

    key: str
    request_id: str
    endpoint: str | None
    prompt: str | None
    created_at: Time


class CharacterNodeShape(msgspec.Struct, frozen=True, kw_only=True, tag="character"):
    """A character that was an input. A deleted one has no handle."""

    key: str
    id: UUID
    name: str | None
    handle: str | None
    deleted: bool


NodeShape = AssetNodeShape | UrlNodeShape | RequestNodeShape | CharacterNodeShape


class EdgeShape(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """An edge between nodes, by their keys: from an input to its request, or from a request to its output."""

    start: str
    end: str
    role: Role | None


class LineageShape(msgspec.Struct, frozen=True, kw_only=True):
    """What the asset with the key `focus` was made from and used for. `truncated`: nodes or edges were left out."""

    focus: str
    nodes: list[NodeShape]
    edges: list[EdgeShape]
    truncated: bool

    @classmethod
    def of(cls, lineage: Lineage, base: str) -> Self:
        """Build the graph."""
        return cls(
            focus=lineage.focus,
            nodes=[_node(node, base) for node in lineage.nodes],
            edges=[_edge(edge) for edge in lineage.edges],
            truncated=lineage.truncated,
        )


class GetLineage(msgspec.Struct, frozen=True):
    """How far from the asset."""

    depth: Annotated[int, msgspec.Meta(ge=1, le=MAX_DEPTH)] = MAX_DEPTH


@get("/api/assets/{id}/lineage", scope=Scope.ASSETS_READ, not_found=AssetNotFound)
async def get_lineage(request: AppRequest, id: UUID, query: GetLineage) -> LineageShape:
    """Get the lineage of an asset: the graph of what it was made from and used for."""
    base = request.public_url
    return LineageShape.of(await request.library.lineage.get(request.workspace_id, id, query.depth), base)


def _node(node: Node, base: str) -> NodeShape:
    match node:
        case AssetNode():
            url = file_url_for(base, node.file_id, node.file_name) if node.file_id else None
            return AssetNodeShape(
                key=node.key, id=node.id, kind=node.kind, url=url, request_id=node.request_id, deleted=url is None
            )
        case UrlNode():
            return UrlNodeShape(key=node.key, url=node.url)
        case RequestNode():
            return RequestNodeShape(**msgspec.structs.asdict(node))
        case CharacterNode():
            return CharacterNodeShape(**msgspec.structs.asdict(node), deleted=node.handle is None)


def _edge(edge: Edge) -> EdgeShape:
    return EdgeShape(edge.start, edge.end, edge.role)


ROUTES = (get_lineage,)
