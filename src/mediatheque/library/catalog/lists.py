"""Lists and counts of assets in every order, with every filter."""

from uuid import UUID

from mediatheque.model import Asset, Count, Filter, Order, Position
from mediatheque.records.catalog import counting, pages
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.database import Database


class AssetLists:
    """Reads of many assets whose cost does not grow with the library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, workspace_id: UUID, wanted: Filter, order: Order, after: Position | None, limit: int
    ) -> tuple[list[Asset], Position | None]:
        """Return at most `limit` assets after the position, and the position of the next page, None at the end.

        Fewer may be returned although there are more, where the filter matches few of very many assets.
        """
        async with self._database.connection() as conn:
            page = await pages.page(conn, Listing(workspace_id, wanted, order), after, limit)
        return page.assets, page.after

    async def count(self, workspace_id: UUID, wanted: Filter) -> Count:
        """Count the assets that match the filter, as far as that can be done soon."""
        async with self._database.connection() as conn:
            return await counting.count(conn, Listing(workspace_id, wanted))
