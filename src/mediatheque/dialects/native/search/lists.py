"""Lists of assets."""

from typing import Annotated, Literal

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.search.document_params import PARAMETERS
from mediatheque.dialects.native.search.filters import AssetFilter
from mediatheque.dialects.native.shapes import AssetPage, AssetShape
from mediatheque.errors import NotFound, TypeMismatch, Unreadable
from mediatheque.http.context import AppRequest
from mediatheque.http.request.positions import position_of, token_of_position
from mediatheque.model import Order, Scope, Sort


class ListAssets(AssetFilter, frozen=True, kw_only=True):
    """Which assets to list, in which order, and how many.

    `sort`: with a minus, the greatest come first. An asset without a duration counts as one of 0 seconds.
    """

    sort: Literal["-created_at", "created_at", "title", "-title", "size", "-size", "duration", "-duration"] = (
        "-created_at"
    )
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


@get(
    "/api/assets",
    scope=Scope.ASSETS_READ,
    tag="assets",
    errors=(NotFound, TypeMismatch, Unreadable),
    parameters=PARAMETERS,
)
async def list_assets(request: AppRequest, query: ListAssets) -> AssetPage:
    """List assets.

    The newest come first, unless `sort` says otherwise. A page may have fewer items than `limit`, or none, although
    there are more: where a filter matches few of very many assets, the list goes on at `next_cursor`.
    """
    base = request.public_url
    order = Order(Sort(query.sort.removeprefix("-")), query.sort.startswith("-"))
    after = position_of(query.cursor, order)
    wanted, _ = await query.read(request)
    found, end = await request.library.catalog.lists.page(request.workspace_id, wanted, order, after, query.limit)
    return AssetPage([AssetShape.of(asset, base) for asset in found], token_of_position(end, order) if end else None)


ROUTES = (list_assets,)
