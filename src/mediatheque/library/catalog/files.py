"""Files: blobs under a URL."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.library.catalog import assets
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.upsert import lock_to_update, update_fields, with_one_repetition
from mediatheque.library.catalog.versions import take_content_of
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Asset, File
from mediatheque.model.urls import normal_form
from mediatheque.records.catalog import files as rows
from mediatheque.records.catalog.record import record_file
from mediatheque.records.database import Connection, Database

RangeReader = Callable[[int, int], AsyncIterator[bytes]]
"""`read(start, length)` yields exactly `length` bytes of a file from `start`."""
FileContent = Path | RangeReader
"""The path of a file on a local disk, or a reader for bytes that the store keeps elsewhere."""

_log = structlog.get_logger()


class Files:
    """Operations on files: find, open, copy, and register as assets."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    async def get_public(self, id: UUID) -> File:
        """Return the file of that id, in any workspace: the random id in its URL is what authorizes to find it.

        It may be in the trash: see `AccessControl.authorize`. Raises `NotFound` when there is no such file.
        """
        async with self._database.connection() as conn:
            file = await rows.find_public(conn, id)
        if file is None:
            raise NotFound("File not found.")
        return file

    async def find(self, workspace_id: UUID, id: UUID) -> File | None:
        """Return the workspace's file of that id, or None."""
        async with self._database.connection() as conn:
            return await rows.find(conn, workspace_id, id)

    async def find_by_origin(self, workspace_id: UUID, url: str) -> File | None:
        """Return the workspace's file that was imported from that URL in any of its spellings, or None.

        The URL as it is given counts as well: servers of older versions, which may run beside this one, store that.
        """
        async with self._database.connection() as conn:
            return await rows.find_by_origin(conn, workspace_id, (normal_form(url), url))

    async def open(self, file: File) -> FileContent:
        """Return the file's bytes for serving. Raises `BlobsUnavailable` when the store does not hold all of them."""
        key = file.blob.storage_key
        if await self._store.size(key) != file.blob.size:
            _log.error("file_bytes_missing", file=str(file.id), storage_key=key)
            raise BlobsUnavailable("The bytes of this file cannot be read.")
        return self._store.local_path(key) or partial(self._store.read, key)

    async def internal_uri(self, file: File, *, seconds: int) -> str:
        """Return where a web server in front of this one finds the bytes; see `BlobStore.internal_uri`."""
        return await self._store.internal_uri(file.blob.storage_key, seconds=seconds)

    async def copy(self, original: File, fields: AssetFields, claim: Claim | None = None) -> Asset:
        """Create an asset over a new file with the content, ACL and expiry of another.

        Raises `NotFound` when the original was deleted meanwhile.
        """
        copy = File(
            id=uuid4(),
            workspace_id=original.workspace_id,
            name=original.name,
            created_at=datetime.now(UTC),
            blob=original.blob,
            expires_at=original.expires_at,
            acl=original.acl,
        )

        async def work() -> Asset:
            async with self._database.transaction() as conn:
                asset = await _update(conn, original, fields)
                if asset is None:
                    recorded = await record_file(conn, copy, is_duplicate=True)
                    asset = await assets.insert_asset(conn, recorded, fields)
                await store_reply(conn, claim, asset)
            return asset

        return await with_one_repetition(work)

    async def register(self, file: File, fields: AssetFields, claim: Claim | None = None) -> Asset:
        """Create the asset of an existing file, or complete the asset that it has, and return it.

        An older version of an asset stands for the asset. Raises `NotFound` when the file was deleted meanwhile.
        """

        async def work() -> Asset:
            async with self._database.transaction() as conn:
                asset = await _update(conn, file, fields)
                if asset is None:
                    asset = await assets.insert_asset(conn, file, fields)
                await store_reply(conn, claim, asset)
            return asset

        try:
            return await with_one_repetition(work)
        except assets.OlderVersion as older:  # its asset is locked after the file that it has now, like any other
            return await self.register(older.current, fields, claim)


async def _update(conn: Connection, source: File, fields: AssetFields) -> Asset | None:
    """Give the asset that has the external id the content of the file and the fields, and return it.

    Return None when none is to be updated. Then the file is locked against deletion. Raises `NotFound` when it is gone.
    """
    asset = await lock_to_update(conn, source.workspace_id, fields)
    if not await rows.lock_for_share(conn, source):
        raise NotFound("File not found.")
    return await update_fields(conn, await take_content_of(conn, asset, source), fields) if asset else None
