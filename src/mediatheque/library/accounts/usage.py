"""What workspaces store, now and by day (UTC). The database counts it in the transaction of every change."""

from datetime import date, timedelta
from uuid import UUID

from mediatheque.model import Usage, UsageDay
from mediatheque.records.accounts import usage as rows
from mediatheque.records.database import Database

KEPT = timedelta(days=800)
"""How long days are kept: two years and the months to compare them with."""
_BATCH = 5_000


class UsageCounters:
    """Operations on usage: read it, and fold the changes into totals and days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, workspace_id: UUID) -> Usage:
        """Return what the workspace stores now, in all and by kind."""
        async with self._database.connection() as conn:
            return await rows.current(conn, workspace_id)

    async def days(self, workspace_id: UUID, first: date, last: date) -> list[UsageDay]:
        """Return the days of that range, both included, oldest first.

        Left out are days in the future, those older than `KEPT`, and those before the workspace stored anything.
        """
        async with self._database.connection() as conn:
            return await rows.days(conn, workspace_id, first, last)

    async def fold(self) -> int:
        """Add the changes to the totals and days, and delete days older than `KEPT`. Return how many changes.

        Each batch is one statement, so a crash loses none and counts none twice.
        """
        total, folded = 0, _BATCH
        while folded == _BATCH:
            async with self._database.connection() as conn:
                folded = await rows.fold(conn, _BATCH)
            total += folded
        async with self._database.connection() as conn:
            await rows.delete_old_days(conn, KEPT, _BATCH)
        return total
