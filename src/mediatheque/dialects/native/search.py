"""Search in the native API: by text, by an example asset, and for similar assets."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.errors import AssetNotFound, InvalidQuery, Missing, ModelUnavailable
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import next_search_token, shown_ids_of
from mediatheque.http.request.query import parse_id
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter, Kind, Scope


class Search(msgspec.Struct, frozen=True):
    """What to search for: a text `q`, or `like`, the id of an example asset."""

    q: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    like: str | None = None
    kind: Kind | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str | None = None


class ListSimilar(msgspec.Struct, frozen=True):
    """How many similar assets."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class FoundAsset(AssetShape, frozen=True, kw_only=True):
    """An asset with its similarity to what was searched for; null while it has no vector."""

    similarity: float | None


class SearchPage(msgspec.Struct, frozen=True):
    """A page of results, best first. `partial`: the vector index did not reach all assets of the filter."""

    items: list[FoundAsset]
    next_cursor: str | None
    partial: bool


class SimilarShape(AssetShape, frozen=True, kw_only=True):
    """An asset with its similarity.

    `identical`: its bytes are the same. `duplicate`: they are, or it is the same picture scaled or compressed again.
    """

    similarity: float
    identical: bool
    duplicate: bool


class SimilarAssets(msgspec.Struct, frozen=True):
    """The most similar assets, those with the same bytes first."""

    items: list[SimilarShape]


@get("/api/search", scope=Scope.ASSETS_READ, errors=(Missing, AssetNotFound, ModelUnavailable))
async def search_assets(request: AppRequest, query: Search) -> SearchPage:
    """Search the assets, best first.

    The text is compared with what is seen in the files, and with titles, captions, tags and prompts.
    """
    base, seen = request.public_url, shown_ids_of(query.cursor, param="cursor")
    wanted = Filter(kinds=(query.kind,) if query.kind else ())
    example = await _example(request, query)
    found = await request.library.search.hybrid.find(request.workspace_id, wanted, example, query.limit, seen)
    items = [FoundAsset.of(hit.asset, base, similarity=hit.similarity) for hit in found.hits]
    return SearchPage(items, next_search_token(found, seen), found.partial)


@get("/api/assets/{id}/similar", scope=Scope.ASSETS_READ, not_found=AssetNotFound, errors=(ModelUnavailable,))
async def list_similar(request: AppRequest, id: UUID, query: ListSimilar) -> SimilarAssets:
    """List the assets most similar to one; duplicates are marked."""
    base = request.public_url
    found = await request.library.search.similar.find(request.workspace_id, id, query.limit)
    return SimilarAssets(
        [
            SimilarShape.of(
                each.asset, base, similarity=each.similarity, identical=each.identical, duplicate=each.duplicate
            )
            for each in found
        ]
    )


async def _example(request: AppRequest, query: Search) -> Example:
    text = (query.q or "").strip()
    if bool(text) == bool(query.like):
        raise (InvalidQuery if text else Missing)("Give either q or like.", param="q")
    if not query.like:
        return Example(text=text)
    asset = await request.library.catalog.assets.get(request.workspace_id, parse_id(query.like, AssetNotFound))
    return Example(blob=asset.file.blob)


ROUTES = (search_assets, list_similar)
