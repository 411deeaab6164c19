"""The verbs of collections."""

from uuid import UUID

import msgspec
import uuid_utils.compat as uuids
from msgspec import UNSET

from mediatheque.library.collections import hierarchy, images, patch
from mediatheque.library.collections.base import CollectionBase
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, CollectionType
from mediatheque.records.collections import collections as rows

_EMPTY_PATCH = CollectionPatch()


class Collections(CollectionBase):
    """Making collections; finding, changing and removing them, characters too. Lists are without those."""

    noun = "Collection"
    types = tuple(CollectionType)
    listed = (CollectionType.MANUAL, CollectionType.SMART)

    async def create(
        self,
        workspace_id: UUID,
        name: str,
        more: CollectionPatch = _EMPTY_PATCH,
        *,
        parent_id: UUID | None = None,
        claim: Claim | None = None,
    ) -> Collection:
        """A new collection: smart if it has filters; else manual and empty, and perhaps in another.

        `Invalid` for traits it cannot have and for a parent that cannot hold it, `NotFound` for the parent or cover.
        """
        wanted, id = msgspec.structs.replace(more, name=name), uuids.uuid7()
        collection_type = CollectionType.MANUAL if more.filters in (None, UNSET) else CollectionType.SMART
        patch.check(wanted, collection_type)
        async with self._database.transaction() as conn:
            if parent_id is not None:
                await hierarchy.check_depth(conn, workspace_id, collection_type, parent_id)
            await images.lock_for_share(conn, workspace_id, cover_id=more.cover_file_id or None)
            values = {**wanted.given, "parent_id": parent_id}
            await rows.insert(conn, id=id, workspace_id=workspace_id, collection_type=collection_type, values=values)
            return await self._finish(conn, workspace_id, id, claim)
