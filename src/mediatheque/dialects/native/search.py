"""Finding assets at our own door: by words, by an example, and by what they are like."""

from typing import Any
from uuid import UUID

from litestar import Request, get

from mediatheque.dialects.native import shapes
from mediatheque.dialects.native.errors import VOICE
from mediatheque.errors import AssetNotFound, InvalidQuery, Missing
from mediatheque.http.context import context_of
from mediatheque.http.dialect import router
from mediatheque.http.request.auth import caller_of, needs
from mediatheque.http.request.pagination import limit_of, marks_of, next_marks
from mediatheque.http.request.query import asked, bounded, chosen, id_in
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter, Kind, Scope

_LONGEST_QUERY = 2000
_KINDS = {kind.value: kind for kind in Kind}


@get("/api/search", guards=[needs(Scope.READ)])
async def search_assets(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """GET /api/search?q=|like=&kind=&limit=&cursor=: best first. `like` is the id of an asset that shows an example."""
    context, workspace_id = context_of(request), caller_of(request).workspace_id
    base = context.origins.base(request)
    limit = limit_of(asked(request, "limit"), least=1, most=100, default=50)
    seen = marks_of(asked(request, "cursor"), param="cursor")
    kind = asked(request, "kind")
    wanted = Filter(kinds=(chosen(kind, _KINDS, param="kind"),) if kind else ())
    found = await context.library.search.find(workspace_id, wanted, await _example(request), limit, seen)
    return {
        "items": [shapes.asset(hit.asset, base) | {"similarity": hit.similarity} for hit in found.hits],
        "next_cursor": next_marks(found, seen),
        "partial": found.partial,
    }


@get("/api/assets/{id:uuid}/similar", guards=[needs(Scope.READ)])
async def list_similar(request: Request[Any, Any, Any], id: UUID) -> dict[str, Any]:
    """GET /api/assets/{id}/similar?limit=: what else is like it, most alike first; its duplicates are named as such."""
    context = context_of(request)
    base = context.origins.base(request)
    limit = limit_of(asked(request, "limit"), least=1, most=100, default=20)
    found = await context.library.similar.to(caller_of(request).workspace_id, id, limit)
    return {"items": [shapes.likeness(likeness, base) for likeness in found]}


async def _example(request: Request[Any, Any, Any]) -> Example:
    text, like = (asked(request, "q") or "").strip(), asked(request, "like")
    if bool(text) == bool(like):
        raise (InvalidQuery if text else Missing)("Give either q or like.", param="q")
    if not like:
        return Example(text=bounded(text, _LONGEST_QUERY, param="q"))
    id = id_in(like, AssetNotFound)
    asset = await context_of(request).library.assets.get(caller_of(request).workspace_id, id)
    return Example(blob=asset.file.blob)


ROUTER = router(VOICE, [search_assets, list_similar])
