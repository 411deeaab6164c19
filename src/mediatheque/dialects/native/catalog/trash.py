"""The trash in the native API."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, post
from mediatheque.dialects.native.shapes import AssetShape, Time
from mediatheque.errors import AssetNotFound, Conflict
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, token_of_cursor
from mediatheque.library.catalog.trash import Emptied
from mediatheque.library.idempotency import Claim
from mediatheque.model import Cursor, Scope


class TrashedAsset(AssetShape, frozen=True, kw_only=True):
    """An asset in the trash. After `purge_at`, it is deleted for good.

    Its `url` answers keys of its workspace only. Of its tags and collections, those are shown that still exist.
    """

    trashed_at: Time
    purge_at: Time


class TrashPage(msgspec.Struct, frozen=True):
    """A page of the trash; `next_cursor` is null at the end."""

    items: list[TrashedAsset]
    next_cursor: str | None


class ListTrash(msgspec.Struct, frozen=True):
    """How much to list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class EmptiedTrash(msgspec.Struct, frozen=True):
    """How many assets were deleted for good; with `more`, there are others to empty the trash of."""

    purged: int
    more: bool

    @classmethod
    def of(cls, emptied: Emptied, _: str) -> Self:
        """Build the object."""
        return cls(len(emptied.file_ids), emptied.more)


@delete("/api/assets/{id}", scope=Scope.ASSETS_WRITE, status=204, not_found=AssetNotFound, tag="assets")
async def delete_asset(request: AppRequest, id: UUID, if_match: str | None, claim: Claim | None) -> None:
    """Move an asset to the trash, where `If-Match` is sent only if it has that revision.

    Until it is restored, no list, search or count has it, and its URL answers keys of its workspace only. It is deleted
    for good after the days that the server's setting MEDIATHEQUE_TRASH_DAYS says; with 0 it is deleted now.
    """
    file_ids = await request.library.catalog.trash.move(request.workspace_id, id, claim, if_match=if_match)
    request.context.file_cache.invalidate(*file_ids)


@get("/api/trash", scope=Scope.ASSETS_READ, tag="trash")
async def list_trash(request: AppRequest, query: ListTrash) -> TrashPage:
    """List what is in the trash, the latest trashed first."""
    trash, base = request.library.catalog.trash, request.public_url
    after = cursor_of(query.cursor, param="cursor")
    found, more = await trash.page(request.workspace_id, after, query.limit)
    items = [
        TrashedAsset.of(asset, base, trashed_at=asset.trashed_at, purge_at=trash.purge_at(asset)) for asset in found
    ]
    last = items[-1] if more else None
    return TrashPage(items, token_of_cursor(Cursor(last.trashed_at, last.id)) if last else None)


@post("/api/assets/{id}/restore", scope=Scope.ASSETS_WRITE, not_found=AssetNotFound, errors=(Conflict,), tag="trash")
async def restore_asset(request: AppRequest, id: UUID, claim: Claim | None) -> AssetShape:
    """Take an asset out of the trash.

    It is as it was, without tags and collections that were deleted meanwhile. Where another asset has its `external_id`
    now, the answer is 409.
    """
    asset = await request.library.catalog.trash.restore(request.workspace_id, id, claim)
    request.context.file_cache.invalidate(asset.file.id)
    return AssetShape.of(asset, request.public_url)


@delete("/api/trash/{id}", scope=Scope.ASSETS_WRITE, status=204, not_found=AssetNotFound, tag="trash")
async def purge_asset(request: AppRequest, id: UUID, claim: Claim | None) -> None:
    """Delete an asset in the trash for good, with its file."""
    file_ids = await request.library.catalog.trash.purge(request.workspace_id, id, claim)
    request.context.file_cache.invalidate(*file_ids)


@delete("/api/trash", scope=Scope.ASSETS_WRITE, tag="trash")
async def empty_trash(request: AppRequest, claim: Claim | None) -> EmptiedTrash:
    """Empty the trash.

    At most 1,000 assets are deleted for good, those first that were trashed first. While the answer has `more`, there
    are others: call again.
    """
    emptied = await request.library.catalog.trash.empty(request.workspace_id, claim)
    request.context.file_cache.invalidate(*emptied.file_ids)
    return EmptiedTrash.of(emptied, "")


ROUTES = (delete_asset, list_trash, restore_asset, purge_asset, empty_trash)
