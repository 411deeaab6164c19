"""The audit log: who changed what, when and from where.

The database writes an entry in the transaction of each change that has an actor: a change that is acknowledged has its
entry, and one that is rolled back leaves none. Entries hold ids and no names, no content and no secrets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec

from mediatheque.model import Actor, ActorKind, AuditEntry, AuditFilter, Cursor, current_actor
from mediatheque.records.accounts import audit as rows
from mediatheque.records.database import Database

_BATCH = 5_000


class AuditLog:
    """Operations on the audit log: read it, and delete what is old."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: AuditFilter, after: Cursor | None, limit: int) -> tuple[list[AuditEntry], bool]:
        """Return at most `limit` entries after the cursor, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, wanted, after, limit + 1)
        return found[:limit], len(found) > limit

    async def page_of_workspace(
        self, wanted: AuditFilter, after: Cursor | None, limit: int
    ) -> tuple[list[AuditEntry], bool]:
        """Return the same for readers of the workspace.

        Of changes that were made from outside of it, they do not learn with which key and from where.
        """
        found, more = await self.page(wanted, after, limit)
        return [_for_workspace(entry) for entry in found], more

    async def delete_old(self, age: timedelta) -> int:
        """Delete the entries older than `age`, in batches; return how many."""
        total, deleted = 0, _BATCH
        while deleted == _BATCH:
            async with self._database.connection() as conn:
                deleted = await rows.delete_old(conn, age, _BATCH)
            total += deleted
        return total


def _for_workspace(entry: AuditEntry) -> AuditEntry:
    if entry.actor.kind in (ActorKind.KEY, ActorKind.TOKEN):
        return entry
    return msgspec.structs.replace(entry, actor=Actor(kind=entry.actor.kind))


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Attribute the changes that the block makes to the actor."""
    token = current_actor.set(actor)
    try:
        yield
    finally:
        current_actor.reset(token)
