"""Assets in collections."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.errors import Invalid, NotFound
from mediatheque.library.catalog import assets
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import AssetRef, CollectionType, MemberChange
from mediatheque.records.collections import lists
from mediatheque.records.collections import members as rows
from mediatheque.records.database import Connection, Database


class Members:
    """Operations on the members of manual collections and characters: add and remove assets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, workspace_id: UUID, id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Add the asset, unless it is a member.

        Raises `NotFound` when the collection or asset does not exist, and `Invalid` when the collection is smart.
        """
        async with self._database.transaction() as conn:
            await _lock(conn, workspace_id, id)
            await rows.add(conn, workspace_id, id, await assets.resolve_ref(conn, workspace_id, reference))
            await store_reply(conn, claim, None)

    async def remove(self, workspace_id: UUID, id: UUID, reference: AssetRef, claim: Claim | None = None) -> None:
        """Remove the asset, if it is a member. Raises as `add` does."""
        async with self._database.transaction() as conn:
            await _lock(conn, workspace_id, id)
            await rows.remove(conn, id, await assets.resolve_ref(conn, workspace_id, reference))
            await store_reply(conn, claim, None)

    async def change(
        self,
        workspace_id: UUID,
        id: UUID,
        add: Sequence[UUID],
        remove: Sequence[UUID],
        claim: Claim | None = None,
    ) -> MemberChange:
        """Add and remove assets; those that do not exist are left out. Raises as `add` does for the collection."""
        async with self._database.transaction() as conn:
            await _lock(conn, workspace_id, id)
            known = set(await lists.lock_assets(conn, workspace_id, [*add, *remove]))
            removed = await lists.remove_members(conn, id, [each for each in remove if each in known])
            added = await lists.add_members(conn, workspace_id, id, [each for each in add if each in known])
            missing = dict.fromkeys(each for each in (*add, *remove) if each not in known)
            change = MemberChange(added, removed, tuple(missing))
            await store_reply(conn, claim, change)
        return change


async def _lock(conn: Connection, workspace_id: UUID, id: UUID) -> None:
    found = await rows.lock_for_share(conn, workspace_id, id)
    if found is None:
        raise NotFound(f"Collection {id} not found.", param="collection_id")
    if found is CollectionType.SMART:
        raise Invalid("A smart collection has what its filters say; nothing is put into it.", param="collection_id")
