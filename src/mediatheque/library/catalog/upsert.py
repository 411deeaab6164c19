"""Assets that are updated by their external ids instead of being made twice.

Tags and collections that are given replace the asset's, metadata is merged into it, missing provenance is filled in. Of
concurrent requests that find no asset to update, one makes it. The transactions of the others are repeated.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from msgspec import UNSET

from mediatheque.errors import AssetNotFound, TransactionConflict
from mediatheque.library.catalog.assets import require_asset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.update import AssetPatch, apply_patch
from mediatheque.library.catalog.versions import lock_content
from mediatheque.library.lineage.provenance import fill_provenance, record_provenance
from mediatheque.model import Asset
from mediatheque.records.catalog import assets as rows
from mediatheque.records.database import Connection

T = TypeVar("T")


async def lock_to_update(conn: Connection, workspace_id: UUID, fields: AssetFields) -> Asset | None:
    """Return the asset that the fields update, locked with its content; None when one is to be made."""
    if not fields.updates or fields.external_id is None:
        return None
    found = await rows.find_by_external_id(conn, workspace_id, fields.external_id)
    if found is None:
        return None
    with suppress(AssetNotFound):
        asset = await lock_content(conn, workspace_id, found.id, None)
        return asset if asset.external_id == fields.external_id else None
    return None


async def update_fields(conn: Connection, asset: Asset, fields: AssetFields) -> Asset:
    """Change the fields of the locked asset that are set, and return it. Raises what `apply_patch` raises."""
    await apply_patch(conn, asset, _patch_of(fields))
    filled = await fill_provenance(conn, asset, fields.provenance)
    await record_provenance(conn, filled, fields.provenance)
    return await require_asset(conn, asset.workspace_id, asset.id)


async def with_one_repetition(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work, a transaction of its own, and once again if a concurrent one was in its way."""
    with suppress(TransactionConflict):
        return await work()
    return await work()


def _patch_of(fields: AssetFields) -> AssetPatch:
    """Return the fields that are set as a patch."""
    names_tags = bool(fields.tag_ids or fields.tags)
    return AssetPatch(
        title=fields.title or UNSET,
        caption=fields.caption or UNSET,
        is_favorite=fields.favorite or UNSET,
        folder_id=fields.folder_id or UNSET,
        metadata=fields.metadata or UNSET,
        tag_ids=fields.tag_ids if names_tags else UNSET,
        tags=fields.tags if names_tags else UNSET,
        collection_ids=fields.all_collection_ids or UNSET,
    )
