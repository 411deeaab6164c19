"""The trash: assets that were deleted and can be restored until their time there is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound
from mediatheque.library.catalog.assets import lock_asset, require_asset
from mediatheque.library.catalog.update import external_id_taken
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.tasks import defer_all
from mediatheque.model import Asset, Cursor
from mediatheque.records.catalog import trash as rows
from mediatheque.records.catalog.assets import ExternalIdTaken
from mediatheque.records.database import Connection, Database
from mediatheque.records.search.embeddings import unembedded

TRASH_TIME = timedelta(days=30)
MAX_EMPTIED = 1_000
"""The most assets that one call of `empty` deletes."""


class Emptied(msgspec.Struct, frozen=True):
    """What emptying the trash has deleted: the ids of the assets' files, and whether there is `more` in the trash."""

    file_ids: tuple[UUID, ...]
    more: bool


class Trash:
    """Operations on the trash: move there, list, restore and purge. Only these see what is in the trash."""

    def __init__(self, database: Database, time: timedelta) -> None:
        """`time` is how long an asset stays; with 0 it is deleted instead of trashed."""
        self._database = database
        self.time = time

    def purge_at(self, asset: Asset) -> datetime | None:
        """Return when the asset's time in the trash is over; None for an asset outside the trash."""
        return asset.trashed_at and asset.trashed_at + self.time

    async def move(
        self, workspace_id: UUID, id: UUID, claim: Claim | None = None, *, if_match: str | None = None
    ) -> tuple[UUID, ...]:
        """Move the asset to the trash, and return the ids of its files.

        Raises `AssetNotFound`, and `PreconditionFailed` when it has another revision than `if_match`.
        """
        async with self._database.transaction() as conn:
            if if_match is not None:
                await lock_asset(conn, workspace_id, id, if_match=if_match)
            moved = await move_to_trash(conn, workspace_id, (id,), self.time)
            if not moved:
                raise AssetNotFound
            await store_reply(conn, claim, None)
        return moved[id]

    async def page(self, workspace_id: UUID, after: Cursor | None, limit: int) -> tuple[list[Asset], bool]:
        """Return at most `limit` assets after the cursor, the latest trashed first, and whether there are more.

        The cursor's moment is `trashed_at`.
        """
        async with self._database.connection() as conn:
            found = await rows.page(conn, workspace_id, after, limit + 1)
        return found[:limit], len(found) > limit

    async def restore(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> Asset:
        """Take the asset out of the trash as it was, with those of its tags and collections that still exist.

        Raises `AssetNotFound` when it is not in the trash, and `Conflict` when another asset has its external id.
        """
        async with self._database.transaction() as conn:
            if not await restore_from_trash(conn, workspace_id, (id,)):
                raise AssetNotFound
            asset = await require_asset(conn, workspace_id, id)
            await store_reply(conn, claim, asset)
        return asset

    async def purge(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> tuple[UUID, ...]:
        """Delete the asset for good, and return the ids of its files.

        Raises `AssetNotFound` when it is not in the trash.
        """
        async with self._database.transaction() as conn:
            purged = await rows.purge(conn, workspace_id, (id,))
            if not purged:
                raise AssetNotFound
            await store_reply(conn, claim, None)
        return purged[id]

    async def empty(self, workspace_id: UUID, claim: Claim | None = None) -> Emptied:
        """Delete what is in the trash for good, those first that are there longest, at most `MAX_EMPTIED` assets."""
        async with self._database.transaction() as conn:
            ids = await rows.oldest_ids(conn, workspace_id, MAX_EMPTIED + 1)
            purged = await rows.purge(conn, workspace_id, ids[:MAX_EMPTIED])
            emptied = Emptied(tuple(chain.from_iterable(purged.values())), more=len(ids) > MAX_EMPTIED)
            await store_reply(conn, claim, emptied)
        return emptied


async def move_to_trash(conn: Connection, workspace_id: UUID, ids: Sequence[UUID], time: timedelta) -> rows.FileIds:
    """Move the assets to the trash, or delete them if nothing stays there for any `time`.

    Return the ids of those that existed outside the trash, each with those of its files.
    """
    moved = await rows.move(conn, workspace_id, ids)
    if not time:
        await rows.purge(conn, workspace_id, list(moved))
    return moved


async def restore_from_trash(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Take the assets out of the trash, and return which were there.

    Those that the search's present model has not seen are embedded. Raises `Conflict` when another asset has the
    external id of one of them: then the transaction is to be rolled back.
    """
    try:
        restored = list(await rows.restore(conn, workspace_id, ids))
    except ExternalIdTaken:
        raise external_id_taken() from None
    await defer_all(conn, "embed_asset", [{"asset_id": id} for id in await unembedded(conn, restored)])
    return restored
