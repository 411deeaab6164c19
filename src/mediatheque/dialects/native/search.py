"""Search in the native API: by text, by an example asset, and for similar assets."""

from typing import Any

from litestar import get

from mediatheque.dialects.native import shapes
from mediatheque.errors import AssetNotFound, InvalidQuery, Missing
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import next_search_token, page_size, shown_ids_of
from mediatheque.http.request.query import enum_param, max_length, parse_id, query_param
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter, Kind, Scope

_MAX_QUERY = 2000


@get("/api/search", guards=[require_scope(Scope.READ)])
async def search_assets(request: AppRequest) -> dict[str, Any]:
    """GET /api/search?q=|like=&kind=&limit=&cursor=: best first. `like` is the id of the example asset."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=100, default=50)
    seen = shown_ids_of(query_param(request, "cursor"), param="cursor")
    kind = enum_param(request, "kind", Kind)
    wanted = Filter(kinds=(kind,) if kind else ())
    found = await request.library.search.hybrid.find(request.workspace_id, wanted, await _example(request), limit, seen)
    return {
        "items": [shapes.asset(hit.asset, base) | {"similarity": hit.similarity} for hit in found.hits],
        "next_cursor": next_search_token(found, seen),
        "partial": found.partial,
    }


@get("/api/assets/{id:str}/similar", guards=[require_scope(Scope.READ)])
async def list_similar(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /api/assets/{id}/similar?limit=: similar assets, most similar first; duplicates are marked."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=100, default=20)
    found = await request.library.search.similar.find(request.workspace_id, parse_id(id, AssetNotFound), limit)
    return {"items": [shapes.similar_asset(similar, base) for similar in found]}


async def _example(request: AppRequest) -> Example:
    text, like = (query_param(request, "q") or "").strip(), query_param(request, "like")
    if bool(text) == bool(like):
        raise (InvalidQuery if text else Missing)("Give either q or like.", param="q")
    if not like:
        return Example(text=max_length(text, _MAX_QUERY, param="q"))
    id = parse_id(like, AssetNotFound)
    asset = await request.library.catalog.assets.get(request.workspace_id, id)
    return Example(blob=asset.file.blob)


ROUTES = (search_assets, list_similar)
