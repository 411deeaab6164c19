"""Search: by text, or by an example asset."""

from typing import Annotated

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.search.document_params import PARAMETERS
from mediatheque.dialects.native.search.filters import AssetFilter
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.errors import (
    AssetNotFound,
    InvalidQuery,
    Missing,
    ModelUnavailable,
    NotFound,
    TypeMismatch,
    Unreadable,
)
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import next_search_token, shown_ids_of
from mediatheque.http.request.query import parse_id
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Scope


class SearchAssets(AssetFilter, frozen=True, kw_only=True):
    """What to search for: a text `q`, or `like`, the id of an example asset; and which assets."""

    q: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    like: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str | None = None


class FoundAsset(AssetShape, frozen=True, kw_only=True):
    """An asset with its similarity to what was searched for; null while it has no vector."""

    similarity: float | None


class SearchPage(msgspec.Struct, frozen=True):
    """A page of results, best first. `partial`: the vector index did not reach all assets of the filter."""

    items: list[FoundAsset]
    next_cursor: str | None
    partial: bool


@get(
    "/api/search",
    scope=Scope.ASSETS_READ,
    errors=(Missing, AssetNotFound, NotFound, ModelUnavailable, TypeMismatch, Unreadable),
    parameters=PARAMETERS,
)
async def search_assets(request: AppRequest, query: SearchAssets) -> SearchPage:
    """Search the assets, best first.

    The filters are those of the list of assets, and narrow what is ranked.

    The text is compared with what is seen in the files, and with titles, captions, tags and prompts.
    """
    base, seen = request.public_url, shown_ids_of(query.cursor, param="cursor")
    wanted, partial = await query.read(request)
    example = await _example(request, query)
    found = await request.library.search.hybrid.find(request.workspace_id, wanted, example, query.limit, seen)
    items = [FoundAsset.of(hit.asset, base, similarity=hit.similarity) for hit in found.hits]
    return SearchPage(items, next_search_token(found, seen), partial or found.partial)


async def _example(request: AppRequest, query: SearchAssets) -> Example:
    text = (query.q or "").strip()
    if bool(text) == bool(query.like):
        raise (InvalidQuery if text else Missing)("Give either q or like.", param="q")
    if not query.like:
        return Example(text=text)
    asset = await request.library.catalog.assets.get(request.workspace_id, parse_id(query.like, AssetNotFound))
    return Example(blob=asset.file.blob)


ROUTES = (search_assets,)
