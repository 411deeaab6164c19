"""Deleted workspaces: their content is deleted in small steps, the last of which deletes the workspace itself.

Each step is one transaction, and the next run finds what is left: a worker that is killed at any moment loses nothing
but time. Bytes are marked for deletion in the transaction that deletes the row that owns them; garbage collection
deletes those that a killed worker has left.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import TransactionConflict
from mediatheque.library.maintenance.expired_uploads import ExpiredUploads
from mediatheque.library.storage import delete_marked
from mediatheque.library.store_identity import StoreIdentity
from mediatheque.library.tasks import defer, forget
from mediatheque.model import Upload, UploadMethod
from mediatheque.records.accounts import content
from mediatheque.records.database import Database
from mediatheque.records.uploads import uploads

_BLOBS, _FILES, _ROWS = 100, 1_000, 1_000
_STEPS = 100
"""Steps of one task. The next ones are another task, so that uploads and embeddings get their turn."""
_PUT_GRACE = timedelta(hours=1)
"""How long a PUT that began before its presigned URL expired may take."""
_log = structlog.get_logger()


class DeletedWorkspaces:
    """The deletion of a deleted workspace's content."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store
        self._expired_uploads = ExpiredUploads(database, store)

    async def delete(self, id: UUID) -> None:
        """Delete some of the content, and queue another task if there may be more.

        The row of an upload whose presigned URL still works stays, and so does the workspace, since bytes can arrive
        there: `LostWork` queues a task again. Nothing is deleted while the store is away or another one.
        """
        await StoreIdentity(self._database, self._store).follow()
        await self._store.ready()
        done = 0
        async for _ in self._steps(id):
            done += 1
            if done == _STEPS:
                async with self._database.transaction() as conn:
                    await defer(conn, "delete_workspace", workspace_id=id)
                return

    async def _steps(self, id: UUID) -> AsyncIterator[None]:
        """Delete everything, and yield after each step."""
        async for _ in self._delete_uploads(id):
            yield
        while await self._delete_blobs(id):
            yield
        for table in content.TABLES:
            while await self._delete_rows(table, id):
                yield
        if await self._has_uploads(id):
            return
        for table in content.TABLES_OF_UPLOADS:
            while await self._delete_rows(table, id):
                yield
        await self._delete_workspace(id)

    async def _delete_uploads(self, id: UUID) -> AsyncIterator[None]:
        """Delete the parts and bytes of uploads, and the rows of those to which no bytes can come any more."""
        after: UUID | None = None
        while True:
            async with self._database.connection() as conn:
                found = await uploads.list_of_workspace(conn, id, after, _ROWS)
            if not found:
                return
            for upload in found:
                await self._expired_uploads.delete_bytes_of(upload)
            ended = [upload.id for upload in found if not _may_receive(upload)]
            async with self._database.transaction() as conn:
                await uploads.delete(conn, ended)
                await forget(conn, "upload_id", [upload.id for upload in found])
            after = found[-1].id
            yield

    async def _has_uploads(self, id: UUID) -> bool:
        async with self._database.connection() as conn:
            return bool(await uploads.list_of_workspace(conn, id, None, 1))

    async def _delete_blobs(self, id: UUID) -> bool:
        """Delete a batch of blobs with their files, assets and bytes. Return False when there was none."""
        async with self._database.transaction() as conn:
            deleted = await content.delete_blobs(conn, id, blobs=_BLOBS, files=_FILES)
            await forget(conn, "asset_id", deleted.assets)
        await delete_marked(self._database, self._store, deleted.storage_keys)
        return deleted.found > 0

    async def _delete_rows(self, table: content.OwnedTable, id: UUID) -> bool:
        async with self._database.transaction() as conn:
            deleted, ids = await content.delete_rows(conn, table, id, _ROWS)
            if ids:
                await forget(conn, table.task_argument, ids)
        return deleted > 0

    async def _delete_workspace(self, id: UUID) -> None:
        """Delete the row. Raises `TransactionConflict`, upon which the task is repeated, for rows that came late."""
        try:
            async with self._database.transaction() as conn:
                await content.delete_workspace(conn, id)
        except content.StillReferenced:
            raise TransactionConflict from None
        _log.info("workspace_deleted", workspace=str(id))


def _may_receive(upload: Upload) -> bool:
    """Whether bytes may still arrive at the upload's presigned URL, which nothing can take back."""
    is_presigned = upload.method is UploadMethod.DIRECT and upload.multipart_id is not None
    return is_presigned and datetime.now(UTC) < upload.expires_at + _PUT_GRACE
