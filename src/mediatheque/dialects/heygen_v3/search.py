"""HeyGen v3's search: the workspace's images, by content and by their texts."""

from typing import Any

from litestar import get

from mediatheque.dialects.heygen_v3 import shapes
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import next_search_token, page_size, shown_ids_of
from mediatheque.http.request.query import choice, max_length, query_param, required_param
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter, Kind, Scope

_MAX_PAGE, _DEFAULT_PAGE = 50, 20
_MAX_QUERY = 1000
# There are no stock images here, so both scopes mean the workspace's images; and there are no icons.
_TYPES = {"image": True, "icon": False}
_SCOPES = {"public": None, "personal": None}


@get("/v3/assets/search", guards=[require_scope(Scope.ASSETS_READ)])
async def search_assets(request: AppRequest) -> dict[str, Any]:
    """GET /v3/assets/search: images similar to `query` in content or containing its words, best first."""
    base = request.public_url
    example = Example(text=max_length(required_param(request, "query"), _MAX_QUERY, param="query").strip())
    images = choice(required_param(request, "type"), _TYPES, param="type")
    choice(query_param(request, "scope") or "public", _SCOPES, param="scope")
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=_MAX_PAGE, default=_DEFAULT_PAGE)
    seen = shown_ids_of(query_param(request, "token"))
    if not images:
        return shapes.page([], None)
    wanted = Filter(kinds=(Kind.IMAGE,))
    found = await request.library.search.hybrid.find(request.workspace_id, wanted, example, limit, seen)
    return shapes.page([shapes.search_result(hit.asset, base) for hit in found.hits], next_search_token(found, seen))


ROUTES = (search_assets,)
