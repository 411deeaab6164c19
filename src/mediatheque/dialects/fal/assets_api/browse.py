"""fal's lists of assets: browsing, and searching by words, by a picture or by a video."""

from typing import Any

from litestar import get

from mediatheque.dialects.fal.assets_api import shapes
from mediatheque.dialects.fal.assets_api.search_params import SearchParams, read_search_params
from mediatheque.dialects.fal.collections_api.shared_operations import id_of
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import (
    clamped_page_size,
    cursor_of,
    next_search_token,
    next_token,
    shown_ids_of,
)
from mediatheque.http.request.query import query_param
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Collection, Scope

_MOST, _USUAL = 100, 50


@get("/v1/assets", guards=[require_scope(Scope.READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /v1/assets: newest first, or by relevance where something is searched for."""
    id = query_param(request, "collection_id")
    return await _page(request, await _collection(request, id) if id else None)


@get("/v1/assets/collections/{id:str}/assets", guards=[require_scope(Scope.READ)])
async def list_collection_assets(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/collections/{collection_id}/assets: the same within a collection, without what lies below it."""
    return await _page(request, await _collection(request, id))


async def _collection(request: AppRequest, id: str) -> Collection:
    collections = request.library.collections.collections
    return await collections.get(request.workspace_id, id_of(collections, id))


async def _page(request: AppRequest, collection: Collection | None) -> dict[str, Any]:
    """[documented] All five keys, always."""
    scope = await read_search_params(request, collection)
    limit = clamped_page_size(query_param(request, "limit"), maximum=_MOST, default=_USUAL)
    page = await (_found(request, scope, scope.example, limit) if scope.example else _listed(request, scope, limit))
    return {**page, "has_more": page["next_cursor"] is not None}


async def _listed(request: AppRequest, scope: SearchParams, limit: int) -> dict[str, Any]:
    base, assets = request.public_url, request.library.catalog.assets
    after = cursor_of(query_param(request, "cursor"), param="cursor")
    found, more = await assets.page(request.workspace_id, scope.wanted, after, limit)
    return {
        "assets": [shapes.asset(asset, base) for asset in found],
        "next_cursor": next_token(found, more),
        "total_count": await assets.count_up_to_max(request.workspace_id, scope.wanted),
        "scope_truncated": scope.partial,
    }


async def _found(request: AppRequest, scope: SearchParams, example: Example, limit: int) -> dict[str, Any]:
    """How many assets a search finds is not known: all of them resemble anything a little."""
    base = request.public_url
    seen = shown_ids_of(query_param(request, "cursor"), param="cursor")
    found = await request.library.search.hybrid.find(request.workspace_id, scope.wanted, example, limit, seen)
    return {
        "assets": [shapes.asset(hit.asset, base, hit.similarity) for hit in found.hits],
        "next_cursor": next_search_token(found, seen),
        "total_count": None,
        "scope_truncated": scope.partial or found.partial,
    }


ROUTES = (list_assets, list_collection_assets)
