"""Tags on assets."""

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
    """Operations on the tags of assets: list, assign, remove and replace.

    Every method that changes tags raises `AssetNotFound` when the asset does not exist, and `NotFound` when a tag does
    not exist. Lock order: asset, then tags.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_of(self, workspace_id: UUID, asset_id: UUID) -> list[Tag]:
        """Return the asset's tags, sorted by name. The list is empty when the asset does not exist."""
        async with self._database.connection() as conn:
            return await rows.list_of_asset(conn, workspace_id, asset_id)

    async def assign(self, workspace_id: UUID, tag_id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Add the tag to the asset, unless it has it."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await require(conn, workspace_id, (tag_id,), param="tag_id")
            await rows.assign(conn, workspace_id, asset_id, (tag_id,))
            await store_reply(conn, claim, None)

    async def unassign(self, workspace_id: UUID, tag_id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Remove the tag from the asset, if it has it."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await require(conn, workspace_id, (tag_id,), param="tag_id")
            await rows.unassign(conn, asset_id, tag_id)
            await store_reply(conn, claim, None)

    async def replace(
        self, workspace_id: UUID, reference: AssetRef, tag_ids: Sequence[UUID], claim: Claim | None = None
    ) -> list[Tag]:
        """Replace the asset's tags, and return them sorted by name. The last of several concurrent calls wins."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await assets.lock(conn, workspace_id, asset_id)
            tags = await require(conn, workspace_id, tag_ids, param="tag_ids")
            await rows.unassign_others(conn, asset_id, tag_ids)
            await rows.assign(conn, workspace_id, asset_id, [tag.id for tag in tags])
            await store_reply(conn, claim, tags)
        return tags
