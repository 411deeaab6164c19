"""The verbs of tags on assets."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.library.catalog.assets import resolve_ref
from mediatheque.library.catalog.tags import require
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import AssetRef, Tag
from mediatheque.records.catalog import assets
from mediatheque.records.catalog import tags as rows
from mediatheque.records.database import Database


class AssetTags:
    """Putting tags on assets, and taking them off. All raise `AssetNotFound`, and `NotFound` for unknown tags.

    An asset is held before its tags are, and so is everything else that is about both.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_of(self, workspace_id: UUID, asset_id: UUID) -> list[Tag]:
        """The asset's tags, by name. An unknown asset has none, and raises nothing."""
        async with self._database.connection() as conn:
            return await rows.list_of_asset(conn, workspace_id, asset_id)

    async def assign(self, workspace_id: UUID, tag_id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Put the tag on the asset, if it is not there."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await require(conn, workspace_id, (tag_id,), param="tag_id")
            await rows.assign(conn, asset_id, (tag_id,))
            await store_reply(conn, claim, None)

    async def unassign(self, workspace_id: UUID, tag_id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Take the tag off the asset, if it is there."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await require(conn, workspace_id, (tag_id,), param="tag_id")
            await rows.unassign(conn, asset_id, tag_id)
            await store_reply(conn, claim, None)

    async def replace(
        self, workspace_id: UUID, reference: AssetRef, tag_ids: Sequence[UUID], claim: Claim | None = None
    ) -> list[Tag]:
        """Give the asset these tags and no others; they are answered by name. Of two at once, one has its way."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await assets.lock(conn, asset_id)
            tags = await require(conn, workspace_id, tag_ids, param="tag_ids")
            await rows.unassign_others(conn, asset_id, tag_ids)
            await rows.assign(conn, asset_id, [tag.id for tag in tags])
            await store_reply(conn, claim, tags)
        return tags
