"""Collections."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids
from msgspec import UNSET

from mediatheque.library.collections import hierarchy, images, patch
from mediatheque.library.collections.base import MAX_COUNT, CollectionBase
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, CollectionFilter, CollectionType, Cursor
from mediatheque.records.collections import collections as rows
from mediatheque.records.collections import lists

_EMPTY_PATCH = CollectionPatch()


class Collections(CollectionBase):
    """Operations on collections: create; find, change and delete, also of characters. Lists do not show characters."""

    noun = "Collection"
    types = tuple(CollectionType)
    listed = (CollectionType.MANUAL, CollectionType.SMART)

    async def list(
        self, workspace_id: UUID, wanted: CollectionFilter, after: Cursor | None, limit: int
    ) -> tuple[Sequence[Collection], bool]:
        """Return at most `limit` collections after the cursor, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await lists.page(conn, workspace_id, wanted, after, limit + 1, max_count=MAX_COUNT)
        return found[:limit], len(found) > limit

    async def create(
        self,
        workspace_id: UUID,
        name: str,
        more: CollectionPatch = _EMPTY_PATCH,
        *,
        parent_id: UUID | None = None,
        claim: Claim | None = None,
    ) -> Collection:
        """Create a collection: a smart one if it has filters, else an empty manual one, in a parent if one is given.

        Raises `Invalid` when a value is not valid or the parent cannot contain it, and `NotFound` when the parent or
        the cover does not exist.
        """
        wanted, id = msgspec.structs.replace(more, name=name), uuids.uuid7()
        collection_type = CollectionType.MANUAL if more.filters in (None, UNSET) else CollectionType.SMART
        patch.check(wanted, collection_type)
        async with self._database.transaction() as conn:
            if parent_id is not None:
                await hierarchy.check_depth(conn, workspace_id, collection_type, parent_id)
            await images.lock_for_share(conn, workspace_id, cover_id=more.cover_file_id or None)
            values = {**wanted.values, "parent_id": parent_id}
            await rows.insert(conn, id=id, workspace_id=workspace_id, collection_type=collection_type, values=values)
            return await self._reload_and_reply(conn, workspace_id, id, claim)
