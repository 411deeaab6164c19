"""Assets that are like another one."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.errors import AssetNotFound, ModelUnavailable
from mediatheque.http.context import AppRequest
from mediatheque.model import Scope


class ListSimilar(msgspec.Struct, frozen=True):
    """How many similar assets."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


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


ROUTES = (list_similar,)
