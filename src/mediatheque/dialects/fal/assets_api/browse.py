"""fal's lists of assets: newest first, or ranked by a text, an image or a video."""

from typing import Any

from litestar import get

from mediatheque.dialects.fal.assets_api import shapes
from mediatheque.dialects.fal.assets_api.search_params import SearchParams, read_search_params
from mediatheque.dialects.fal.references import parse_id_or_404
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

_MAX_PAGE, _DEFAULT_PAGE = 100, 50


@get("/v1/assets", guards=[require_scope(Scope.ASSETS_READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /v1/assets: newest first, or by relevance if the query has an example."""
    id = query_param(request, "collection_id")
    return await _page(request, await _collection(request, id) if id else None)


@get("/v1/assets/collections/{id:str}/assets", guards=[require_scope(Scope.ASSETS_READ)])
async def list_collection_assets(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/collections/{collection_id}/assets: the same in one collection, without its sub-collections."""
    return await _page(request, await _collection(request, id))


async def _collection(request: AppRequest, id: str) -> Collection:
    collections = request.library.collections.collections
    return await collections.get(request.workspace_id, parse_id_or_404(id, collections.noun, "collection_id"))


async def _page(request: AppRequest, collection: Collection | None) -> dict[str, Any]:
    """Build a page. [documented] All five keys are always present."""
    params = await read_search_params(request, collection)
    limit = clamped_page_size(query_param(request, "limit"), maximum=_MAX_PAGE, default=_DEFAULT_PAGE)
    page = await (_search(request, params, params.example, limit) if params.example else _list(request, params, limit))
    return {**page, "has_more": page["next_cursor"] is not None}


async def _list(request: AppRequest, params: SearchParams, limit: int) -> dict[str, Any]:
    base, assets = request.public_url, request.library.catalog.assets
    after = cursor_of(query_param(request, "cursor"), param="cursor")
    found, more = await assets.page(request.workspace_id, params.wanted, after, limit)
    return {
        "assets": [shapes.asset(asset, base) for asset in found],
        "next_cursor": next_token(found, more),
        "total_count": await assets.count_up_to_max(request.workspace_id, params.wanted),
        "scope_truncated": params.partial,
    }


async def _search(request: AppRequest, params: SearchParams, example: Example, limit: int) -> dict[str, Any]:
    """Rank by the example. `total_count` is null: every asset is similar to anything to some degree."""
    base = request.public_url
    seen = shown_ids_of(query_param(request, "cursor"), param="cursor")
    found = await request.library.search.hybrid.find(request.workspace_id, params.wanted, example, limit, seen)
    return {
        "assets": [shapes.asset(hit.asset, base, hit.similarity) for hit in found.hits],
        "next_cursor": next_search_token(found, seen),
        "total_count": None,
        "scope_truncated": params.partial or found.partial,
    }


ROUTES = (list_assets, list_collection_assets)
