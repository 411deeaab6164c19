"""The verbs of collections."""

from uuid import UUID

import msgspec
import uuid_utils.compat as uuids
from msgspec import UNSET

from mediatheque.library.collections import hierarchy, images, patch
from mediatheque.library.collections.base import Sets
from mediatheque.library.collections.patch import Traits
from mediatheque.library.idempotency import Receipt
from mediatheque.model import Collection, CollectionType
from mediatheque.records.collections import collections as rows

_NOTHING_MORE = Traits()


class Collections(Sets):
    """Making collections; finding, changing and removing them, characters too. Lists are without those."""

    noun = "Collection"
    types = tuple(CollectionType)
    listed = (CollectionType.MANUAL, CollectionType.SMART)

    async def create(
        self,
        workspace_id: UUID,
        name: str,
        more: Traits = _NOTHING_MORE,
        *,
        parent_id: UUID | None = None,
        receipt: Receipt | None = None,
    ) -> Collection:
        """A new collection: smart if it has filters; else manual and empty, and perhaps in another.

        `Invalid` for traits it cannot have and for a parent that cannot hold it, `NotFound` for the parent or cover.
        """
        wanted, id = msgspec.structs.replace(more, name=name), uuids.uuid7()
        collection_type = CollectionType.MANUAL if more.filters in (None, UNSET) else CollectionType.SMART
        patch.check(wanted, collection_type)
        async with self._database.transaction() as conn:
            if parent_id is not None:
                await hierarchy.expect_room(conn, workspace_id, collection_type, parent_id)
            await images.hold(conn, workspace_id, cover_id=more.cover_file_id or None)
            values = {**wanted.given, "parent_id": parent_id}
            await rows.insert(conn, id=id, workspace_id=workspace_id, collection_type=collection_type, values=values)
            return await self._concluded(conn, workspace_id, id, receipt)
