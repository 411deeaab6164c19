"""The verbs of favourites."""

from uuid import UUID

from mediatheque.library.catalog.assets import refer
from mediatheque.library.idempotency import Receipt, conclude
from mediatheque.model import Reference
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database


class Favorites:
    """Marking assets as favourites."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(
        self, workspace_id: UUID, reference: Reference, favorite: bool, receipt: Receipt | None = None
    ) -> bool:
        """Make the asset a favourite, or none; whether it is one now. `AssetNotFound`."""
        async with self._database.transaction() as conn:
            asset_id = await refer(conn, workspace_id, reference)
            await assets.mark(conn, asset_id, favorite=favorite)
            await conclude(conn, receipt, favorite)
        return favorite
