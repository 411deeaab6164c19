"""Versions of an asset's content: it is replaced, and older content stays under the URLs that it had.

The URL of a file is cached for good, so that new content has a new file, and with it a new URL. The former file becomes
a version: it keeps its URL as long as it is kept. Whatever else the former file had, the new one has as well: the ACL,
the expiry and the URL that it was imported from, so that an import of that URL still finds the asset. All files of an
asset have the same ACL and expiry.
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import structlog

from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    LibraryError,
    NotFound,
    TypeMismatch,
    VersionNotFound,
)
from mediatheque.library.catalog import assets
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.tasks import defer
from mediatheque.model import Asset, AssetVersion, Blob, File
from mediatheque.records.catalog import files
from mediatheque.records.catalog import versions as rows
from mediatheque.records.catalog.record import BlobCollected, record_file
from mediatheque.records.collections import images
from mediatheque.records.database import Connection, Database
from mediatheque.records.search import embeddings

MAX_VERSIONS = 20
"""How many older versions of an asset are kept, unless configured (config.py says the same number)."""
_log = structlog.get_logger()


class Versions:
    """Operations on versions: list, restore and delete them, and take over the content of another file.

    At most `max_versions` older ones are kept of each asset.
    """

    def __init__(self, database: Database, max_versions: int = MAX_VERSIONS) -> None:
        self._database = database
        self._max_versions = max_versions

    async def page(
        self, workspace_id: UUID, asset_id: UUID, before: int | None, limit: int
    ) -> tuple[list[AssetVersion], bool]:
        """Return at most `limit` versions, the current one first, then from the newest on, and whether there are more.

        With `before`, only those with lower numbers. Raises `AssetNotFound`.
        """
        async with self._database.connection() as conn:
            asset = await assets.require_asset(conn, workspace_id, asset_id)
            older = await rows.list_of(conn, workspace_id, asset_id, before, limit + 1)
        found = [_current(asset), *older] if before is None or asset.version < before else older
        return found[:limit], len(found) > limit

    async def restore(
        self, workspace_id: UUID, asset_id: UUID, number: int, if_match: str | None = None, claim: Claim | None = None
    ) -> Asset:
        """Make the content of a version the current one, as a new version, and return the asset.

        The current version is restored by doing nothing. Raises `AssetNotFound`, `VersionNotFound` and
        `PreconditionFailed`.
        """
        async with self._database.transaction() as conn:
            asset = await lock_content(conn, workspace_id, asset_id, if_match)
            version = await _find(conn, asset, number)
            asset = await take_content_of(conn, asset, version.file)
            await store_reply(conn, claim, asset)
        await self.delete_surplus(asset)
        return asset

    async def take_content(
        self, workspace_id: UUID, asset_id: UUID, file: File, if_match: str | None = None, claim: Claim | None = None
    ) -> Asset:
        """Make the content of another file of the workspace the asset's, and return the asset.

        Raises `AssetNotFound`, `PreconditionFailed`, `NotFound` when the file was deleted meanwhile, and `TypeMismatch`
        when the content is of another kind than the asset.
        """
        async with self._database.transaction() as conn:
            asset = await lock_content(conn, workspace_id, asset_id, if_match)
            asset = await take_content_of(conn, asset, file)
            await store_reply(conn, claim, asset)
        await self.delete_surplus(asset)
        return asset

    async def delete(self, workspace_id: UUID, asset_id: UUID, number: int, claim: Claim | None = None) -> UUID:
        """Delete an older version, and return the id of its file, whose URL ends.

        Raises `AssetNotFound`, `VersionNotFound`, and `Conflict` for the current version.
        """
        async with self._database.transaction() as conn:
            await rows.lock_content(conn, asset_id)
            asset = await assets.require_asset(conn, workspace_id, asset_id)
            if number == asset.version:
                raise Conflict("This is the current version: replace the content first, or restore another one.")
            version = await _find(conn, asset, number)
            await rows.delete(conn, workspace_id, asset_id, [number])
            await store_reply(conn, claim, None)
        return version.file.id

    async def delete_surplus(self, asset: Asset) -> None:
        """Delete the asset's oldest versions beyond those that are kept.

        Does not fail, since it follows a replacement that is done: what is left is deleted after the next one.
        """
        try:
            async with self._database.transaction() as conn:
                await rows.lock_content(conn, asset.id)
                surplus = await rows.list_surplus(conn, asset.workspace_id, asset.id, self._max_versions)
                if surplus:
                    await rows.delete(conn, asset.workspace_id, asset.id, surplus)
        except LibraryError as error:
            _log.warning("versions_not_deleted", asset=str(asset.id), reason=error.message)


async def lock_content(conn: Connection, workspace_id: UUID, asset_id: UUID, if_match: str | None) -> Asset:
    """Lock the asset and its file until the transaction ends, so that its content can be replaced, and return it.

    Raises `AssetNotFound`, and `PreconditionFailed` when its revision is not `if_match`.
    """
    await rows.lock_content(conn, asset_id)
    asset = await assets.require_asset(conn, workspace_id, asset_id)
    if not await files.lock(conn, asset.file):
        raise AssetNotFound
    return await assets.lock_asset(conn, workspace_id, asset_id, if_match=if_match)


async def next_file(conn: Connection, asset: Asset, name: str, blob: Blob) -> File:
    """Return the file that is to follow that of the asset, which `lock_content` has returned. It is not recorded yet.

    Raises `TypeMismatch` when the content is of another kind than the asset.
    """
    info, former = blob.media_info, asset.file
    if info.kind is not asset.kind:
        raise TypeMismatch(f"The content is {info.kind.value} ({info.mime}), and the asset is {asset.kind.value}.")
    await rows.release_origin(conn, former)
    return File(
        id=uuid4(),
        workspace_id=former.workspace_id,
        name=name,
        created_at=datetime.now(UTC),
        blob=blob,
        origin_url=former.origin_url,
        expires_at=former.expires_at,
        acl=former.acl,
    )


async def set_file(conn: Connection, asset: Asset, file: File) -> Asset:
    """Make the recorded file the asset's, its former one a version, and return the asset.

    What shows the asset's picture goes on to do so: covers of collections and reference images of characters. The asset
    is embedded again.
    """
    if not await rows.replace_file(conn, asset, file):
        raise AssetNotFound
    await images.follow(conn, asset.file, file)
    await embeddings.delete_content(conn, asset)
    await defer(conn, "embed_asset", asset_id=asset.id)
    return await assets.require_asset(conn, asset.workspace_id, asset.id)


def has_content(asset: Asset, sha256: bytes, size: int) -> bool:
    """Whether the asset has this content already: to replace it by the same changes nothing."""
    return (asset.file.blob.sha256, asset.file.blob.size) == (sha256, size)


async def take_content_of(conn: Connection, asset: Asset, source: File) -> Asset:
    """Replace the content of the asset, which `lock_content` has returned, by that of a file of the workspace."""
    blob = source.blob
    if has_content(asset, blob.sha256, blob.size):
        return asset
    try:
        file = await record_file(conn, await next_file(conn, asset, source.name, blob), is_duplicate=True)
    except BlobCollected:
        raise NotFound("File not found.") from None
    return await set_file(conn, asset, file)


def _current(asset: Asset) -> AssetVersion:
    return AssetVersion(number=asset.version, file=asset.file)


async def _find(conn: Connection, asset: Asset, number: int) -> AssetVersion:
    if number == asset.version:
        return _current(asset)
    version = await rows.find(conn, asset.workspace_id, asset.id, number) if 0 < number < asset.version else None
    if version is None:
        raise VersionNotFound
    return version
