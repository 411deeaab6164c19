"""Checking what the assets of a keep are to be given, before there is one."""

from uuid import UUID

import msgspec

from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.references import lock_references
from mediatheque.model.keep import Labels
from mediatheque.records.database import Connection


async def check_labels(conn: Connection, workspace_id: UUID, labels: Labels) -> None:
    """Create the tags that are missing, in the caller's transaction.

    Raises `NotFound` for a tag id or collection that does not exist, and `Invalid` for what is out of bounds.
    """
    await lock_references(conn, workspace_id, AssetFields(**msgspec.structs.asdict(labels)))
