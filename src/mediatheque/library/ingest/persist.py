"""The rows of one parcel: blob, file, asset, the promise it keeps and the receipt it concludes."""

from collections.abc import Awaitable, Callable
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


async def write_rows(conn: Connection, parcel: IngestState, place: Callable[[IngestState], Awaitable[None]]) -> None:
    """Write everything in the caller's transaction. `place` is for content whose known bytes were just collected."""
    offer = parcel.request
    if offer.upload and not await uploads.complete(conn, offer.upload.id):
        raise Conflict("This upload is complete already.")
    parcel.blob = await _blob(conn, parcel, place)
    parcel.file = await _file(conn, parcel, parcel.blob)
    if offer.describe is None:
        return
    parcel.asset = await assets.insert_asset(conn, parcel.file, offer.describe(parcel.declared))
    await store_reply(conn, offer.claim, parcel.asset, parcel.blob.sha256)


async def _blob(conn: Connection, parcel: IngestState, place: Callable[[IngestState], Awaitable[None]]) -> Blob:
    """The known blob, held against collection; or a new one, unless a twin has made it first."""
    if parcel.duplicate and await blobs.lock_and_keep(conn, parcel.duplicate.id):
        return parcel.duplicate
    parcel.duplicate = None
    if parcel.stored_key is None:
        await place(parcel)
    blob = await blobs.insert(conn, parcel.new_blob(), replacing=parcel.broken_key)
    if blob.storage_key == parcel.stored_key and not await pending_writes.end(conn, blob.storage_key):
        raise BlobsUnavailable("Storing this file took so long that it was given up.")
    return blob


async def _file(conn: Connection, parcel: IngestState, blob: Blob) -> File:
    offer = parcel.request
    file = await files.insert(
        conn,
        id=offer.upload.file_id if offer.upload else uuid4(),
        workspace_id=offer.workspace_id,
        blob=blob,
        name=_name(parcel, blob),
        origin_url=offer.origin_url,
        expires_at=_end(offer.defaults),
        access=offer.defaults.acl,
    )
    if file is None:
        raise Conflict("The same URL was stored a moment ago.")
    return file


def _end(keeping: FileDefaults) -> datetime | None:
    return None if keeping.lifetime_seconds is None else datetime.now(UTC) + timedelta(seconds=keeping.lifetime_seconds)


def _name(parcel: IngestState, blob: Blob) -> str:
    """A name that stands in a URL already stays; any other is made to agree with the content."""
    upload = parcel.request.upload
    if upload and upload.method is not UploadMethod.DIRECT:
        return upload.name
    return safe_name(parcel.declared.name, blob.media_info.mime, parcel.extension)
