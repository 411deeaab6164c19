"""Assets: creating, reading, listing and deleting them."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mediatheque.errors import AssetNotFound, Conflict, PreconditionFailed
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.filenames import title_from
from mediatheque.library.catalog.references import add_references, lock_references
from mediatheque.library.catalog.update import AssetPatch, apply_patch, external_id_taken
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.lineage.provenance import fill_provenance
from mediatheque.library.tasks import defer
from mediatheque.model import (
    Asset,
    AssetRef,
    Cursor,
    EmbeddedMetadata,
    File,
    Filter,
    Origin,
    Provenance,
    revision_of,
)
from mediatheque.records.catalog import assets as rows
from mediatheque.records.catalog import files, listing, versions
from mediatheque.records.database import Connection, Database

MAX_COUNT = 1_000
"""`count_up_to_max` counts no further, so that the cost of a page does not grow with the library."""


class DeletedAsset(msgspec.Struct, frozen=True):
    """An asset that was deleted, and the ids of its files, those of older versions too: their URLs end."""

    asset: Asset
    file_ids: tuple[UUID, ...]


class OlderVersion(Exception):
    """The file is an older version of an asset that has `current` now. The transaction is to be rolled back."""

    def __init__(self, current: File) -> None:
        self.current = current


class Assets:
    """Operations on assets: read, list, count, change and delete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: UUID, id: UUID) -> Asset:
        """Return the workspace's asset. Raises `AssetNotFound` when there is no such asset."""
        async with self._database.connection() as conn:
            return await require_asset(conn, workspace_id, id)

    async def get_by_external_id(self, workspace_id: UUID, external_id: str) -> Asset:
        """Return the workspace's asset of that external id. Raises `AssetNotFound` when there is no such asset."""
        async with self._database.connection() as conn:
            asset = await rows.find_by_external_id(conn, workspace_id, external_id)
        if asset is None:
            raise AssetNotFound
        return asset

    async def get_described(self, workspace_id: UUID, id: UUID) -> tuple[Asset, EmbeddedMetadata]:
        """Return the asset with what its file says about itself. Raises `AssetNotFound`."""
        async with self._database.connection() as conn:
            found = await rows.find_described(conn, workspace_id, id)
        if found is None:
            raise AssetNotFound
        return found

    async def page(
        self, workspace_id: UUID, wanted: Filter, after: Cursor | None, limit: int
    ) -> tuple[list[Asset], bool]:
        """Return at most `limit` assets after the cursor, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await listing.page(conn, workspace_id, wanted, after, limit + 1)
        return found[:limit], len(found) > limit

    async def count(self, workspace_id: UUID, wanted: Filter) -> int:
        """Count the assets that match the filter. The time it takes grows with their number."""
        async with self._database.connection() as conn:
            return await listing.count(conn, workspace_id, wanted) or 0

    async def count_up_to_max(self, workspace_id: UUID, wanted: Filter) -> int | None:
        """Count the assets that match the filter, or return None when there are more than `MAX_COUNT`."""
        async with self._database.connection() as conn:
            return await listing.count(conn, workspace_id, wanted, max_count=MAX_COUNT)

    async def set_favorite(
        self, workspace_id: UUID, reference: AssetRef, favorite: bool, claim: Claim | None = None
    ) -> bool:
        """Mark the asset as a favorite, or not; return the new state. Raises `AssetNotFound`."""
        async with self._database.transaction() as conn:
            asset_id = await resolve_ref(conn, workspace_id, reference)
            await rows.set_favorite(conn, workspace_id, asset_id, favorite=favorite)
            await store_reply(conn, claim, favorite)
        return favorite

    async def update(
        self,
        workspace_id: UUID,
        id: UUID,
        patch: AssetPatch,
        *,
        if_match: str | None = None,
        claim: Claim | None = None,
    ) -> Asset:
        """Change the asset, and return it. With `if_match`, it must still have that revision.

        Raises `AssetNotFound`, `PreconditionFailed`, and what `apply_patch` raises.
        """
        async with self._database.transaction() as conn:
            asset = await lock_asset(conn, workspace_id, id, if_match=if_match)
            await apply_patch(conn, asset, patch)
            updated = await require_asset(conn, workspace_id, id)
            await store_reply(conn, claim, updated)
        return updated

    async def delete(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> DeletedAsset:
        """Delete the asset, its file and its versions for good, past the trash, and return what it was.

        Garbage collection deletes bytes that no other file uses.

        Raises `AssetNotFound` when the asset does not exist or was deleted before.
        """
        async with self._database.transaction() as conn:
            await versions.lock_content(conn, id)
            asset = await rows.find(conn, workspace_id, id)
            if asset is None or not await files.lock(conn, asset.file):
                raise AssetNotFound
            older = await files.lock_versions(conn, [asset.file.id])
            if not await rows.delete(conn, asset):
                raise AssetNotFound
            await files.delete(conn, asset.file)
            await store_reply(conn, claim, asset)
        return DeletedAsset(asset, (asset.file.id, *older))


async def require_asset(conn: Connection, workspace_id: UUID, id: UUID) -> Asset:
    """Return the workspace's asset. Raises `AssetNotFound` when there is no such asset outside the trash."""
    asset = await rows.find(conn, workspace_id, id)
    if asset is None:
        raise AssetNotFound
    return asset


async def lock_asset(conn: Connection, workspace_id: UUID, id: UUID, *, if_match: str | None = None) -> Asset:
    """Lock the asset against every change until the transaction ends, and return it.

    Raises `AssetNotFound`, and `PreconditionFailed` when it has another revision than `if_match`.
    """
    if not await rows.lock_for_update(conn, workspace_id, id):
        raise AssetNotFound
    asset = await require_asset(conn, workspace_id, id)
    check_revision(asset, if_match)
    return asset


def check_revision(asset: Asset, if_match: str | None) -> None:
    """Raise `PreconditionFailed` when the asset has another revision than `if_match`, unless that is None."""
    if if_match not in (None, revision_of(asset)):
        raise PreconditionFailed(param="If-Match")


async def resolve_ref(conn: Connection, workspace_id: UUID, reference: AssetRef) -> UUID:
    """Lock the asset against deletion until the transaction ends, and return its id. Raises `AssetNotFound`."""
    id = await rows.lock_for_share(conn, workspace_id, reference)
    if id is None:
        raise AssetNotFound
    return id


async def insert_asset(conn: Connection, file: File, fields: AssetFields) -> Asset:
    """Create the asset of an existing file in the caller's transaction.

    A file has one asset. If it exists, tags and collections are added to it, its missing caption, external id, metadata
    and provenance are filled in, a title that comes with the caption replaces the file's name, and it is returned.
    Raises what `lock_references` and `add_references` raise, `Conflict` when another asset has the external id, and
    `OlderVersion` when the file is what an asset consisted of before.
    """
    references = await lock_references(conn, file.workspace_id, fields)
    asset = new_asset(file, fields)
    try:
        created = await rows.insert(conn, asset)
        if not created:
            existing = await _existing(conn, file)
            if existing.file.id != file.id:
                raise OlderVersion(existing.file)
            asset = await _complete(conn, existing, fields)
    except rows.ExternalIdTaken:
        raise external_id_taken(updates=fields.updates) from None
    if created or fields.caption:
        await defer(conn, "embed_asset", asset_id=asset.id)
    added = await add_references(conn, asset, fields, references)
    return asset if created and not added else await _existing(conn, file)


async def _complete(conn: Connection, asset: Asset, fields: AssetFields) -> Asset:
    """Fill in what the existing asset lacks. Raises `Conflict` when it has another external id."""
    if fields.external_id is not None and asset.external_id not in (None, fields.external_id):
        raise Conflict("The asset of this file has another external_id.", param="external_id")
    if fields.title and fields.caption and asset.caption is None and asset.title == _default_title(asset.file):
        await rows.set_title(conn, asset, fields.title)
    await rows.enrich(
        conn,
        asset,
        caption=fields.caption,
        favorite=fields.favorite,
        metadata=fields.metadata,
        external_id=fields.external_id,
    )
    return await fill_provenance(conn, asset, fields.provenance)


def new_asset(file: File, details: AssetFields, *, id: UUID | None = None, created_at: datetime | None = None) -> Asset:
    """Return the file's asset as it will be, without tags and collections.

    `id` is for fields that have none, `created_at` is now unless given.
    """
    provenance = details.provenance
    made = provenance if provenance and provenance.is_output else Provenance()
    return Asset(
        id=details.id or id or uuids.uuid7(),
        workspace_id=file.workspace_id,
        file=file,
        kind=file.blob.media_info.kind,
        title=details.title or _default_title(file, details.caption),
        caption=details.caption,
        source=provenance.origin if provenance else Origin.UPLOAD,
        request_id=made.request_id,
        endpoint=made.endpoint,
        is_favorite=details.favorite,
        folder_id=details.folder_id,
        metadata=details.metadata,
        external_id=details.external_id,
        created_at=created_at or datetime.now(UTC),
    )


def _default_title(file: File, caption: str | None = None) -> str:
    return title_from(file.name, caption, file.blob.media_info.kind.value)


async def _existing(conn: Connection, file: File) -> Asset:
    asset = await rows.find_by_file(conn, file)
    if asset is None:
        raise AssetNotFound
    return asset
