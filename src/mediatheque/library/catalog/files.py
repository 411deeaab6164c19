"""The verbs of files: what is under a public URL."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.library.catalog import assets
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Asset, File
from mediatheque.records.catalog import files as rows
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs

RangeReader = Callable[[int, int], AsyncIterator[bytes]]
"""`read(start, length)` yields exactly `length` bytes of a file from `start`."""
FileContent = Path | RangeReader
"""The path of a file on a local disk, or a reader for bytes that the store keeps elsewhere."""

_log = structlog.get_logger()


class Files:
    """Finding files, opening them, and registering them as assets."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    async def get_public(self, id: UUID) -> File:
        """The file of that id in whichever workspace; its random id is what lets one read it. `NotFound`."""
        async with self._database.connection() as conn:
            file = await rows.find_public(conn, id)
        if file is None:
            raise NotFound("File not found.")
        return file

    async def find(self, workspace_id: UUID, id: UUID) -> File | None:
        """The workspace's own file."""
        async with self._database.connection() as conn:
            return await rows.find(conn, workspace_id, id)

    async def find_by_origin(self, workspace_id: UUID, url: str) -> File | None:
        """The workspace's file that was read from that URL."""
        async with self._database.connection() as conn:
            return await rows.find_by_origin(conn, workspace_id, url)

    async def open(self, file: File) -> FileContent:
        """Return the file's bytes for serving. Raises `BlobsUnavailable` when the store does not hold all of them."""
        key = file.blob.storage_key
        if await self._store.size(key) != file.blob.size:
            _log.error("file_bytes_missing", file=str(file.id), storage_key=key)
            raise BlobsUnavailable("The bytes of this file cannot be read.")
        return self._store.local_path(key) or partial(self._store.read, key)

    async def copy(self, original: File, details: AssetFields, claim: Claim | None = None) -> Asset:
        """A new asset over a new file with the content of another, for the same readers and as long. `NotFound`."""
        async with self._database.transaction() as conn:
            blob = original.blob
            if not await rows.lock_for_share(conn, original) or not await blobs.lock_and_keep(conn, blob.id):
                raise NotFound("File not found.")
            file = await rows.insert(
                conn,
                id=uuid4(),
                workspace_id=original.workspace_id,
                blob=blob,
                name=original.name,
                expires_at=original.expires_at,
                acl=original.acl,
            )
            if file is None:
                raise LookupError("a file without an origin conflicts with none")
            asset = await assets.insert_asset(conn, file, details)
            await store_reply(conn, claim, asset)
        return asset

    async def register(self, file: File, details: AssetFields, claim: Claim | None = None) -> Asset:
        """The asset over a file that is here already: made the first time, enriched and answered again later.

        `NotFound` if the file is gone since it was found.
        """
        async with self._database.transaction() as conn:
            if not await rows.lock_for_share(conn, file):
                raise NotFound("File not found.")
            asset = await assets.insert_asset(conn, file, details)
            await store_reply(conn, claim, asset)
        return asset
