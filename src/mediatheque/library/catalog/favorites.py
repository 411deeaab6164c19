"""The verbs of favourites."""

from uuid import UUID

from mediatheque.library.catalog.assets import resolve_ref
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import AssetRef
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database


class Favorites:
    """Marking assets as favourites."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, workspace_id: UUID, reference: AssetRef, favorite: bool, claim: Claim | None = None) -> bool:
        """Make the asset a favourite, or none; whether it is one now. `AssetNotFound`."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await assets.set_favorite(conn, asset_id, favorite=favorite)
            await store_reply(conn, claim, favorite)
        return favorite
