"""fal's lineage: the graph of requests that produced an asset or used it as input."""

import hashlib
from typing import Any

from litestar import get

from mediatheque.dialects.fal.references import parse_asset_id
from mediatheque.dialects.fal.timestamps import timestamp
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import query_param
from mediatheque.http.urls import file_url_for
from mediatheque.library.lineage.traverse import MAX_DEPTH
from mediatheque.model import AssetNode, CharacterNode, Edge, Kind, Lineage, Node, RequestNode, Scope, UrlNode

_TYPES = {kind: "text" if kind is Kind.DOCUMENT else kind.value for kind in Kind}


@get("/v1/assets/{id:str}/lineage", guards=[require_scope(Scope.ASSETS_READ)])
async def get_lineage(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/{asset_id}/lineage?depth=: the graph. [inferred] The id is the `vector_id` of other operations."""
    base = request.public_url
    depth = page_size(query_param(request, "depth"), minimum=1, maximum=MAX_DEPTH, default=MAX_DEPTH, param="depth")
    lineage = await request.library.lineage.get(request.workspace_id, parse_asset_id(id, "asset_id"), depth)
    return {"lineage": _lineage(lineage, base)}


def _lineage(lineage: Lineage, base: str) -> dict[str, Any]:
    entities = {node.key for node in lineage.nodes if isinstance(node, CharacterNode)}
    return {
        "focus": lineage.focus,
        "nodes": [_node(node, base) for node in lineage.nodes],
        "edges": [_edge(edge, entity=edge.start in entities) for edge in lineage.edges],
    }


def _node(node: Node, base: str) -> dict[str, Any]:
    match node:
        case AssetNode():
            return _asset(node, base)
        case UrlNode():
            return {"kind": "external_input", "id": node.key, "output_key": _md5(node.url), "url": node.url}
        case RequestNode():
            return _request(node)
        case CharacterNode():
            return {"kind": "entity", "id": node.key, **_entity(node), "tombstone": node.handle is None}


def _asset(node: AssetNode, base: str) -> dict[str, Any]:
    """Build an asset node. [documented] `output_key` is the MD5 of the URL; of the id if the asset is deleted."""
    url = file_url_for(base, node.file_id, node.file_name) if node.file_id else None
    return {
        "kind": "asset",
        "id": node.key,
        "output_key": _md5(url or str(node.id)),
        "url": url,
        "type": _TYPES[node.kind],
        "request_id": node.request_id or "",
        "asset_id": str(node.id) if url else None,
        "tombstone": url is None,
    }


def _request(node: RequestNode) -> dict[str, Any]:
    return {
        "kind": "request",
        "id": node.key,
        "request_id": node.request_id,
        "endpoint": node.endpoint,
        "prompt": node.prompt,
        "created_at": timestamp(node.created_at),
    }


def _entity(node: CharacterNode) -> dict[str, Any]:
    return {"entity_id": str(node.id), "entity_type": "character", "name": node.name, "handle": node.handle}


def _edge(edge: Edge, *, entity: bool) -> dict[str, Any]:
    kind = "generated_by" if edge.output else "referenced_entity" if entity else "input_to"
    return {"from": edge.start, "to": edge.end, "kind": kind, "role": edge.role}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


ROUTES = (get_lineage,)
