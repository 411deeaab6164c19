"""The rows of one ingested request: blob, file, asset, completed upload and stored reply."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from mediatheque.errors import BlobsUnavailable, Conflict
from mediatheque.library.catalog import assets
from mediatheque.library.catalog.filenames import safe_name
from mediatheque.library.idempotency import store_reply
from mediatheque.library.ingest.state import IngestState
from mediatheque.model import Blob, File, FileDefaults, UploadMethod
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs, pending_writes
from mediatheque.records.uploads import uploads


class DuplicateCollected(Exception):
    """The blob that `deduplicate` found was collected before this transaction: the bytes must be stored after all."""


async def write_rows(conn: Connection, state: IngestState) -> None:
    """Write every row of the request in the caller's transaction.

    Raises `Conflict` when the upload was completed, or the URL stored, by a concurrent request; `DuplicateCollected`;
    and `BlobsUnavailable` when garbage collection has marked the new bytes for deletion.
    """
    request = state.request
    if request.upload and not await uploads.complete(conn, request.upload.id):
        raise Conflict("This upload is complete already.")
    state.blob = await _blob(conn, state)
    state.file = await _file(conn, state, state.of_own_type(state.blob))
    if request.describe is None:
        return
    state.asset = await assets.insert_asset(conn, state.file, request.describe(state.declared))
    await store_reply(conn, request.claim, state.asset, state.blob.sha256)


async def _blob(conn: Connection, state: IngestState) -> Blob:
    """Return the duplicate, locked against collection; else the new blob, or the one a concurrent request inserted."""
    if state.duplicate:
        if not await blobs.lock_and_keep(conn, state.duplicate.id):
            raise DuplicateCollected
        return state.duplicate
    blob = await blobs.insert(conn, state.new_blob(), replacing=state.broken_key)
    if blob.storage_key == state.stored_key and not await pending_writes.end(conn, blob.storage_key):
        raise BlobsUnavailable("Storing this file took so long that it was given up.")
    return blob


async def _file(conn: Connection, state: IngestState, blob: Blob) -> File:
    request = state.request
    file = await files.insert(
        conn,
        id=request.upload.file_id if request.upload else uuid4(),
        workspace_id=request.workspace_id,
        blob=blob,
        name=_name(state, blob),
        origin_url=request.origin_url,
        expires_at=_expires_at(request.defaults),
        acl=request.defaults.acl,
    )
    if file is None:
        raise Conflict("The same URL was stored a moment ago.")
    return file


def _expires_at(defaults: FileDefaults) -> datetime | None:
    if defaults.lifetime_seconds is None:
        return None
    return datetime.now(UTC) + timedelta(seconds=defaults.lifetime_seconds)


def _name(state: IngestState, blob: Blob) -> str:
    """Return the file's name. A name that a URL already contains is kept; any other gets the content's extension."""
    upload = state.request.upload
    if upload and upload.method is not UploadMethod.DIRECT:
        return upload.name
    return safe_name(state.declared.name, blob.media_info.mime, state.extension)
