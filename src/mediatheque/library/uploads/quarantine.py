"""Where the bytes of direct uploads wait, unserved, until they are checked.

A store that presigns takes them itself, under a key that no blob ever has; else this server does, under a fresh key for
each PUT. Bytes are given up in the transaction that finds them unwanted: a request that is completing them at the same
time either has committed before, and is seen, or finds its placement gone.
"""

from functools import partial

import msgspec

from mediatheque.blobs import BlobStore, Presigned, Presigns, Spool, new_key
from mediatheque.errors import Conflict, Invalid, LibraryError, Unacceptable
from mediatheque.library.ingest.request import Body, StoredBytes
from mediatheque.library.storage import store_blob, try_delete_marked
from mediatheque.library.uploads.sessions import LIFETIME
from mediatheque.model import DeclaredMetadata, Upload
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import uploads as rows

_PRESIGNED = "quarantine"
"""The handle of bytes that are sent past the server."""


_NOT_YET = "The bytes have not arrived yet. Retry after the PUT has answered 200."
"""Also what a batch notes of an item that was declared complete too early: it is no refusal."""


class Quarantine:
    """Opening a place for promised bytes, filling it, and looking into it."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    async def open(self, upload: Upload) -> tuple[Upload, Presigned | None]:
        """The upload with its place, and where to send the bytes if not to this server."""
        if not isinstance(self._store, Presigns) or upload.size is None:
            return upload, None
        key = new_key()
        presigned = await self._store.presign(key, size=upload.size, seconds=int(LIFETIME.total_seconds()))
        return msgspec.structs.replace(upload, storage_key=key, multipart_id=_PRESIGNED), presigned

    async def receive(self, upload: Upload, body: Body) -> None:
        """Keep the bytes durably, in place of any sent before.

        `Invalid` unless they are exactly as many as announced; `Conflict` if the upload was completed meanwhile.
        """
        if upload.completed_at or upload.size is None or upload.multipart_id:
            raise Conflict("This upload is complete already, or is not sent here.")
        async with Spool(self._store.spool, limit=upload.size) as spool:
            await body.stream_to(spool)
            await spool.finish()
            if spool.size != upload.size:
                raise Invalid(f"{upload.size} bytes were announced and {spool.size} arrived.")
            key = await store_blob(self._database, self._store, partial(self._store.put_file, spool.path))
        async with self._database.transaction() as conn:
            moved = await rows.move(conn, upload.id, key, was=upload.storage_key)
            superseded = upload.storage_key if moved else key
            if superseded:
                await pending_writes.mark_for_deletion(conn, [superseded])
        if superseded:
            await try_delete_marked(self._database, self._store, superseded)
        if not moved:
            raise Conflict("This upload was sent or completed by another request meanwhile.")

    async def stored_bytes(self, upload: Upload) -> StoredBytes:
        """The bytes that arrived, where nobody can change them any more: presigned ones are copied.

        `Conflict` while there are none; the same `Unacceptable` again after a refusal.
        """
        declared = DeclaredMetadata(name=upload.name, type=upload.declared_type)
        if upload.storage_key is None:
            raise _missing(upload)
        if not isinstance(self._store, Presigns) or not upload.multipart_id:
            return StoredBytes(upload.storage_key, declared)
        key = await store_blob(self._database, self._store, partial(_promote, self._store, upload, upload.storage_key))
        return StoredBytes(key, declared, shared=False)

    async def refuse(self, upload: Upload, error: Unacceptable) -> None:
        """What was refused does not stay; other bytes may be sent. Bytes that others replaced or completed do stay."""
        async with self._database.transaction() as conn:
            refused = await rows.refuse(conn, upload, error.message)
            if refused and upload.storage_key and not upload.multipart_id:
                await pending_writes.mark_for_deletion(conn, [upload.storage_key])
        if refused:
            await self.delete(upload)

    async def delete(self, upload: Upload) -> None:
        """Remove what waits: presigned bytes, or those that the caller has given up."""
        if upload.storage_key is None:
            return
        if not upload.multipart_id:
            await try_delete_marked(self._database, self._store, upload.storage_key)
        elif isinstance(self._store, Presigns):
            await self._store.delete_quarantined(upload.storage_key)


async def _promote(store: Presigns, upload: Upload, sent: str, key: str) -> None:
    """Copy what was sent to a key that no URL names. Raises as `Quarantine.staged` does; `Invalid` for a wrong size."""
    size = await store.promote(sent, key)
    if size is None:
        raise _missing(upload)
    if size != upload.size:
        raise Invalid(f"{upload.size} bytes were announced, {size} sent.")


def _missing(upload: Upload) -> LibraryError:
    if upload.failure and upload.failure != _NOT_YET:
        return Unacceptable(upload.failure)
    return Conflict(_NOT_YET)
