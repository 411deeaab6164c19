"""What an attempt comes to: another attempt later, or the end of the keep.

A webhook or a client may have changed the keep since the attempt began: then that counts, and the next attempt is now.
"""

from datetime import UTC, datetime

from mediatheque.library.keep import record
from mediatheque.library.keep.backoff import next_retry
from mediatheque.model.keep import Keep, KeepState
from mediatheque.records.database import Database
from mediatheque.records.keep import keeps as rows


class Outcomes:
    """Outcomes of attempts, each written in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def postpone(self, keep: Keep, reason: str) -> None:
        """Schedule the next attempt after a failed one, or end the keep when its time is over."""
        if keep.give_up_at <= datetime.now(UTC):
            await self.fail(keep, reason)
        else:
            failures = keep.failures + 1
            await self.put_off(keep, next_retry(keep, failures, datetime.now(UTC)), reason=reason, failures=failures)

    async def wait(self, keep: Keep, at: datetime, otherwise: str) -> None:
        """Schedule the next attempt for that time; when the keep's time is over, end it for the reason `otherwise`."""
        if keep.give_up_at <= datetime.now(UTC):
            await self.fail(keep, otherwise)
        else:
            await self.put_off(keep, at, reason=None, failures=0)

    async def put_off(self, keep: Keep, at: datetime, *, reason: str | None, failures: int) -> None:
        """Schedule the next attempt for that time."""
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, keep.id)
            if now is None or now.has_ended:
                return
            at = at if now.state is keep.state else datetime.now(UTC)
            await record.postpone(conn, now, at, reason=reason, failures=failures)

    async def fail(self, keep: Keep, reason: str) -> None:
        """End the keep as a dead letter."""
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, keep.id)
            if now is None or now.has_ended:
                return
            if now.state is keep.state:
                await record.end(conn, now, KeepState.FAILED, reason)
            else:
                await record.postpone(conn, now, datetime.now(UTC), reason=None, failures=0)
