"""Duplicates in the native API."""

from typing import Annotated, Self

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, token_of_cursor
from mediatheque.library.catalog import duplicates
from mediatheque.model import Scope


class DuplicateGroup(msgspec.Struct, frozen=True):
    """Assets with the same bytes, the 20 oldest ones. `total` is how many there are; it ends at 1,000."""

    sha256: str
    size: int
    total: int
    assets: list[AssetShape]

    @classmethod
    def of(cls, group: duplicates.DuplicateGroup, base: str) -> Self:
        """Build the object."""
        blob = group.assets[0].file.blob
        return cls(blob.sha256.hex(), blob.size, group.total, [AssetShape.of(asset, base) for asset in group.assets])


class DuplicatePage(msgspec.Struct, frozen=True):
    """A page of groups; `next_cursor` is null at the end, and only there: a page may have fewer groups than `limit`."""

    items: list[DuplicateGroup]
    next_cursor: str | None


class ListDuplicates(msgspec.Struct, frozen=True):
    """How much to list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str | None = None


@get("/api/duplicates", scope=Scope.ASSETS_READ, tag="duplicates")
async def list_duplicates(request: AppRequest, query: ListDuplicates) -> DuplicatePage:
    """List groups of assets that have the same bytes, those first whose content was stored last.

    Assets that only look the same are listed from one of them: `GET /api/assets/{id}/similar`.
    """
    base, after = request.public_url, cursor_of(query.cursor, param="cursor")
    found, following = await request.library.catalog.duplicates.page(request.workspace_id, after, query.limit)
    return DuplicatePage(
        [DuplicateGroup.of(group, base) for group in found], token_of_cursor(following) if following else None
    )


ROUTES = (list_duplicates,)
