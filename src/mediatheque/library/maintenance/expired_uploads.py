"""Expired uploads: their parts and bytes in the store are deleted, and then their rows."""

from datetime import timedelta

from mediatheque.blobs import BlobStore
from mediatheque.library.storage import try_delete_marked
from mediatheque.library.uploads.quarantine import delete_received
from mediatheque.model import Upload, UploadMethod
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import batches
from mediatheque.records.uploads import uploads as rows

_BATCH = 500


class ExpiredUploads:
    """Operations on expired uploads: delete their bytes, and their rows after a grace period.

    A PUT that began before a presigned URL expired can end after its bytes were deleted: they are deleted again before
    the row. A concurrent completion of an expired upload finds its pending write marked for deletion, and fails.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    async def delete_bytes(self) -> int:
        """Delete the bytes of uploads that have expired; returns how many uploads."""
        total = 0
        while True:
            async with self._database.connection() as conn:
                expired = await rows.list_expired(conn, _BATCH)
            for upload in expired:
                await self.delete_bytes_of(upload)
                async with self._database.connection() as conn:
                    await rows.mark_cleaned(conn, upload.id)
            total += len(expired)
            if len(expired) < _BATCH:
                return total

    async def delete_rows(self, grace: timedelta) -> int:
        """Delete uploads that expired longer than `grace` ago, and batches without uploads; returns how many."""
        total = 0
        while True:
            async with self._database.connection() as conn:
                ended = await rows.list_ended(conn, grace, _BATCH)
            for upload in ended:
                if upload.method is UploadMethod.DIRECT and upload.multipart_id:
                    await self.delete_bytes_of(upload)
            async with self._database.connection() as conn:
                await rows.delete(conn, [upload.id for upload in ended])
                await batches.delete_empty(conn, _BATCH)
            total += len(ended)
            if len(ended) < _BATCH:
                return total

    async def delete_bytes_of(self, upload: Upload) -> None:
        """Delete the parts and the bytes of an upload that nobody can send to or complete any more."""
        if upload.storage_key is None:
            return
        if upload.method is UploadMethod.MULTIPART:
            await self._store.parts.abort(upload.storage_key, upload.multipart_id or "")
        if upload.method is UploadMethod.DIRECT and upload.multipart_id:
            await delete_received(self._database, self._store, upload)
        else:
            await self._mark_for_deletion(upload)

    async def _mark_for_deletion(self, upload: Upload) -> None:
        """Delete the bytes, unless the upload was completed since it was listed: then they belong to a blob."""
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, upload.id)
            if now is None or now.completed_at or now.storage_key is None:
                return
            await pending_writes.mark_for_deletion(conn, [now.storage_key])
        await try_delete_marked(self._database, self._store, now.storage_key)
