"""The native API's JSON: sizes in bytes, dimensions in pixels, durations in seconds, times in ISO 8601."""

from typing import Any

from mediatheque.http.urls import file_url, file_url_for
from mediatheque.library.search.similar import SimilarAsset
from mediatheque.model import Asset, AssetNode, CharacterNode, Edge, Lineage, Node, RequestNode, UrlNode


def asset(asset: Asset, base: str) -> dict[str, Any]:
    """Build the asset object."""
    blob, file = asset.file.blob, asset.file
    return {
        "id": str(asset.id),
        "kind": asset.kind.value,
        "title": asset.title,
        "caption": asset.caption,
        "name": file.name,
        "url": file_url(base, file),
        "mime_type": blob.media_info.mime,
        "size": blob.size,
        "sha256": blob.sha256.hex(),
        "width": blob.media_info.width,
        "height": blob.media_info.height,
        "duration": blob.media_info.duration,
        "source": asset.source,
        "request_id": asset.request_id,
        "endpoint": asset.endpoint,
        "is_favorite": asset.is_favorite,
        "folder_id": str(asset.folder_id) if asset.folder_id else None,
        "collection_ids": [str(id) for id in asset.collection_ids],
        "tags": [{"id": str(tag.id), "name": tag.name} for tag in asset.tags],
        "metadata": asset.metadata,
        "created_at": asset.created_at,
        "expires_at": file.expires_at,
        **({"state": blob.state.value, "state_reason": blob.state_reason} if blob.state else {}),
    }


def similar_asset(similar: SimilarAsset, base: str) -> dict[str, Any]:
    """Build the asset object with its similarity."""
    scores = {"similarity": similar.similarity, "identical": similar.identical, "duplicate": similar.duplicate}
    return asset(similar.asset, base) | scores


def lineage(lineage: Lineage, base: str) -> dict[str, Any]:
    """Build the graph. Edges refer to nodes by their keys and point from input to output."""
    return {
        "focus": lineage.focus,
        "nodes": [_node(node, base) for node in lineage.nodes],
        "edges": [_edge(edge) for edge in lineage.edges],
        "truncated": lineage.truncated,
    }


def _node(node: Node, base: str) -> dict[str, Any]:
    match node:
        case AssetNode():
            url = file_url_for(base, node.file_id, node.file_name) if node.file_id else None
            fields = {"id": str(node.id), "kind": node.kind.value, "url": url, "request_id": node.request_id}
            return {"key": node.key, "type": "asset", **fields, "deleted": url is None}
        case UrlNode():
            return {"key": node.key, "type": "url", "url": node.url}
        case RequestNode():
            fields = {"request_id": node.request_id, "endpoint": node.endpoint, "prompt": node.prompt}
            return {"key": node.key, "type": "request", **fields, "created_at": node.created_at}
        case CharacterNode():
            fields = {"id": str(node.id), "name": node.name, "handle": node.handle}
            return {"key": node.key, "type": "character", **fields, "deleted": node.handle is None}


def _edge(edge: Edge) -> dict[str, Any]:
    return {"from": edge.start, "to": edge.end, "role": edge.role}
