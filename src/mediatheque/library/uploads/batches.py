"""The verbs of batches: how far direct uploads that were promised together have come."""

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
    """How far one upload has come."""

    QUEUED = "queued"
    """Promised; not declared complete."""
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class BatchProgress(msgspec.Struct, frozen=True):
    """A batch and its uploads, in the order they were announced."""

    batch: Batch
    items: tuple[Upload, ...]


class Batches:
    """Asking for batches, and after them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, workspace_id: UUID, id: UUID) -> Batch:
        """Have every upload of the batch checked, each by itself, soon. `NotFound`."""
        async with self._database.transaction() as conn:
            batch = await rows.find(conn, workspace_id, id)
            if batch is None:
                raise NotFound("Batch not found.")
            for upload_id in await rows.request(conn, id):
                await tasks.defer(conn, "complete_upload", upload_id=upload_id)
        return batch

    async def progress(self, workspace_id: UUID, id: UUID) -> BatchProgress:
        """The batch and how far its uploads have come. `NotFound`."""
        async with self._database.connection() as conn:
            batch = await rows.find(conn, workspace_id, id)
            if batch is None:
                raise NotFound("Batch not found.")
            return BatchProgress(batch, tuple(await rows.items(conn, id)))

    async def find(self, workspace_id: UUID, asset_ids: Sequence[UUID]) -> tuple[dict[UUID, Upload], set[UUID]]:
        """Of these assets, the workspace's uploads, and those that are there. What was deleted since is in neither."""
        async with self._database.connection() as conn:
            promised = await rows.find_uploads(conn, workspace_id, list(asset_ids))
            there = await assets.existing(conn, workspace_id, list(asset_ids))
        return {id: upload for id, upload in promised.items() if not upload.completed_at or id in there}, there


def state_of(upload: Upload) -> UploadState:
    """How far the upload has come; one that was not sent in time has failed."""
    if upload.completed_at:
        return UploadState.COMPLETED
    if upload.failure or upload.expires_at <= datetime.now(UTC):
        return UploadState.FAILED
    return UploadState.PROCESSING if upload.requested_at else UploadState.QUEUED
