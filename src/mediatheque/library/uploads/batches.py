"""Batches of direct uploads: completing them, and the progress of their items."""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mediatheque.errors import NotFound
from mediatheque.library import tasks
from mediatheque.model import Batch, Upload
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database
from mediatheque.records.uploads import batches as rows


class UploadState(enum.StrEnum):
    """The state of one upload."""

    QUEUED = "queued"
    """Created; not declared complete."""
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class BatchProgress(msgspec.Struct, frozen=True):
    """A batch and its uploads, in the order in which they were declared."""

    batch: Batch
    items: tuple[Upload, ...]


class Batches:
    """Completing batches, and reading their progress."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request_completion(self, workspace_id: UUID, id: UUID) -> Batch:
        """Defer a task for each upload of the batch that checks and completes it. Raises `NotFound`."""
        async with self._database.transaction() as conn:
            batch = await rows.find(conn, workspace_id, id)
            if batch is None:
                raise NotFound("Batch not found.")
            for upload_id in await rows.request_completion(conn, id):
                await tasks.defer(conn, "complete_upload", upload_id=upload_id)
        return batch

    async def progress(self, workspace_id: UUID, id: UUID) -> BatchProgress:
        """Return the batch and the progress of its uploads. Raises `NotFound`."""
        async with self._database.connection() as conn:
            batch = await rows.find(conn, workspace_id, id)
            if batch is None:
                raise NotFound("Batch not found.")
            return BatchProgress(batch, tuple(await rows.list_uploads(conn, id)))

    async def find(self, workspace_id: UUID, asset_ids: Sequence[UUID]) -> tuple[dict[UUID, Upload], set[UUID]]:
        """Return the workspace's uploads of these assets by asset id, and the ids of the assets that exist.

        A completed upload whose asset was deleted since is left out.
        """
        async with self._database.connection() as conn:
            uploads = await rows.find_uploads(conn, workspace_id, list(asset_ids))
            existing = await assets.existing_ids(conn, workspace_id, list(asset_ids))
        return {id: upload for id, upload in uploads.items() if not upload.completed_at or id in existing}, existing


def state_of(upload: Upload) -> UploadState:
    """Return the upload's state. An upload that expired before it was completed has failed."""
    if upload.completed_at:
        return UploadState.COMPLETED
    if upload.failure or upload.expires_at <= datetime.now(UTC):
        return UploadState.FAILED
    return UploadState.PROCESSING if upload.requested_at else UploadState.QUEUED
