"""What collections and characters share."""

from typing import ClassVar
from uuid import UUID

from mediatheque.errors import NotFound
from mediatheque.library.collections import images, patch
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Collection, CollectionType
from mediatheque.records.catalog import folders
from mediatheque.records.collections import collections as rows
from mediatheque.records.database import Connection, Database

MAX_COUNT = 10_000
"""Members are counted up to this number, from an index alone."""


class CollectionBase:
    """Operations on collections of the given `types`: find, change and delete. Lists show the types in `listed`."""

    noun: ClassVar[str]
    types: ClassVar[tuple[CollectionType, ...]]
    listed: ClassVar[tuple[CollectionType, ...]]

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: UUID, id: UUID) -> Collection:
        """Return the workspace's collection. Raises `NotFound` when there is no such collection."""
        async with self._database.connection() as conn:
            return await self._require(conn, workspace_id, id)

    async def page(self, workspace_id: UUID, limit: int, offset: int) -> list[Collection]:
        """Return at most `limit` collections, newest first, after skipping `offset`."""
        async with self._database.connection() as conn:
            return await rows.page(conn, workspace_id, self.listed, limit, offset, max_count=MAX_COUNT)

    async def update(
        self, workspace_id: UUID, id: UUID, changes: CollectionPatch, claim: Claim | None = None
    ) -> Collection:
        """Apply the patch, and return the collection.

        Raises `Invalid` when a value is not valid for its type, and `NotFound` when it or its cover does not exist.
        """
        async with self._database.transaction() as conn:
            found = await self._require(conn, workspace_id, id)
            patch.check(changes, found.type)
            await images.lock_for_share(conn, workspace_id, cover_id=changes.cover_file_id or None)
            await rows.update(conn, workspace_id, id, changes.values)
            return await self._reload_and_reply(conn, workspace_id, id, claim)

    async def set_favorite(
        self, workspace_id: UUID, id: UUID, favorite: bool, claim: Claim | None = None
    ) -> Collection:
        """Mark the collection as a favorite, or not, and return it. Raises `NotFound`."""
        async with self._database.transaction() as conn:
            await self._require(conn, workspace_id, id)
            await rows.set_favorite(conn, workspace_id, id, favorite)
            return await self._reload_and_reply(conn, workspace_id, id, claim)

    async def delete(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> None:
        """Delete the collection, not its assets. Its subcollections move up to its parent.

        Raises `NotFound` when it does not exist or was deleted before.
        """
        async with self._database.transaction() as conn:
            await folders.lock_tree(conn, workspace_id)
            await self._require(conn, workspace_id, id)
            if not await rows.delete(conn, workspace_id, id):
                raise self._not_found(id)
            await store_reply(conn, claim, None)

    async def _reload_and_reply(
        self, conn: Connection, workspace_id: UUID, id: UUID, claim: Claim | None
    ) -> Collection:
        collection = await self._require(conn, workspace_id, id)
        await store_reply(conn, claim, collection)
        return collection

    async def _require(self, conn: Connection, workspace_id: UUID, id: UUID) -> Collection:
        found = await rows.find(conn, workspace_id, id, self.types, max_count=MAX_COUNT)
        if found is None:
            raise self._not_found(id)
        return found

    def _not_found(self, id: UUID) -> NotFound:
        return NotFound(f"{self.noun} {id} not found.", param=f"{self.noun.lower()}_id")
