"""Quarantine: the bytes of direct uploads until they are checked. They are never served from there.

A store with presigned URLs receives them under a key that no blob ever gets; otherwise this server stores each PUT
under a new key. Unwanted bytes are marked for deletion in the transaction that finds them unwanted. A concurrent
request that completes the upload has either committed before, and is seen, or finds its pending write gone and fails.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

import msgspec

from mediatheque.blobs import BlobStore, Presigned, Presigns, Spool, new_key
from mediatheque.errors import BlobsUnavailable, Conflict, Invalid, LibraryError, NotFound
from mediatheque.library.ingest.request import Body, StoredBytes
from mediatheque.library.storage import store_blob, try_delete_marked
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.library.uploads import refusals
from mediatheque.library.uploads.sessions import LIFETIME
from mediatheque.model import DeclaredMetadata, Upload
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import uploads as rows

_PRESIGNED = "quarantine"
"""The `multipart_id` of uploads that go to a presigned URL."""

_NOT_YET = "The bytes have not arrived yet. Retry after the PUT has answered 200."
"""Also the `failure` of a batch item that was declared complete too early, which is not a refusal."""


class Quarantine:
    """The uploaded bytes that are not checked yet."""

    def __init__(self, database: Database, store: BlobStore, keys: StorageKeys) -> None:
        self._database = database
        self._store = store
        self._keys = keys

    async def open(self, upload: Upload) -> tuple[Upload, Presigned | None]:
        """Return the upload with its storage key, and the presigned URL if the store has them."""
        if not isinstance(self._store, Presigns) or upload.size is None:
            return upload, None
        key = new_key()
        presigned = await self._store.presign(key, size=upload.size, seconds=int(LIFETIME.total_seconds()))
        return msgspec.structs.replace(upload, storage_key=key, multipart_id=_PRESIGNED), presigned

    async def receive(self, upload: Upload, body: Body) -> bytes | None:
        """Store the bytes durably, replacing those that were sent before, and return None.

        The same bytes as before stay where they are: a request that is checking them goes on. When a concurrent
        request has completed the upload or sent bytes meanwhile, nothing of these stays stored, and their SHA-256 is
        returned. Raises `Invalid` for another size than the declared one, and `Conflict` when this server does not
        receive the upload.
        """
        if upload.completed_at or upload.size is None or upload.multipart_id:
            raise Conflict("This upload is complete already, or is not sent here.")
        async with Spool(self._store.spool, limit=upload.size) as spool:
            await body.stream_to(spool)
            await spool.finish()
            if spool.size != upload.size:
                raise Invalid(f"{upload.size} bytes were announced and {spool.size} arrived.", param="size")
            if upload.failure is None and await self.has(upload, spool.sha256):
                return None
            put = partial(spool.move_to, self._store)
            key = await self._database.repeat_after_outage(partial(self._store_blob, put))
        moved = await self._database.repeat_after_outage(partial(self._move, upload, key))
        superseded = upload.storage_key if moved else key
        if superseded:
            await try_delete_marked(self._database, self._store, superseded)
        return None if moved else spool.sha256

    async def has(self, upload: Upload, sha256: bytes) -> bool:
        """Whether the bytes that were sent for the upload, of its declared size, have this SHA-256."""
        if upload.storage_key is None or upload.size is None or upload.multipart_id:
            return False
        digest = hashlib.sha256()
        try:
            async with aclosing(self._store.read(upload.storage_key, 0, upload.size)) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(digest.update, chunk)
        except (NotFound, BlobsUnavailable):
            return False
        return digest.digest() == sha256

    async def _move(self, upload: Upload, key: str) -> bool:
        """Make `key` that of the upload's bytes unless they were replaced, and mark those that no row names then."""
        async with self._database.transaction() as conn:
            moved = await rows.move(conn, upload.id, key, was=upload.storage_key)
            superseded = upload.storage_key if moved else key
            if superseded:
                await pending_writes.mark_for_deletion(conn, [superseded])
        return moved

    async def stored_bytes(self, upload: Upload) -> StoredBytes:
        """Return the received bytes under a key that the client cannot write to: presigned uploads are copied.

        Raises `Conflict` while there are none, and the same `Unacceptable` again after a refusal.
        """
        declared = DeclaredMetadata(name=upload.name, type=upload.declared_type)
        if upload.storage_key is None:
            raise _missing(upload)
        if not isinstance(self._store, Presigns) or not upload.multipart_id:
            return StoredBytes(upload.storage_key, declared)
        key = await self._store_blob(partial(_promote, self._store, upload, upload.storage_key))
        return StoredBytes(key, declared, shared=False)

    async def _store_blob(self, put: Callable[[str], Awaitable[object]]) -> str:
        return await store_blob(self._database, self._store, self._keys, put)

    async def refuse(self, upload: Upload, error: LibraryError) -> None:
        """Record the refusal and delete the bytes, unless a concurrent request has replaced or completed them.

        The client may send other bytes.
        """
        async with self._database.transaction() as conn:
            refused = await rows.refuse(conn, upload, refusals.to_text(error))
            if refused and upload.storage_key and not upload.multipart_id:
                await pending_writes.mark_for_deletion(conn, [upload.storage_key])
        if refused:
            await delete_received(self._database, self._store, upload)


async def delete_received(database: Database, store: BlobStore, upload: Upload) -> None:
    """Delete the bytes: those of a presigned upload, or those that the caller has marked for deletion."""
    if upload.storage_key is None:
        return
    if not upload.multipart_id:
        await try_delete_marked(database, store, upload.storage_key)
    elif isinstance(store, Presigns):
        await store.delete_quarantined(upload.storage_key)


async def _promote(store: Presigns, upload: Upload, quarantined: str, key: str) -> None:
    """Copy quarantined bytes to a key. Raises as `Quarantine.stored_bytes` does, and `Invalid` for a wrong size."""
    size = await store.promote(quarantined, key)
    if size is None:
        raise _missing(upload)
    if size != upload.size:
        raise Invalid(f"{upload.size} bytes were announced, {size} sent.", param="size")


def _missing(upload: Upload) -> LibraryError:
    refusal = None if upload.failure == _NOT_YET else refusals.to_error(upload)
    return refusal or Conflict(_NOT_YET)
