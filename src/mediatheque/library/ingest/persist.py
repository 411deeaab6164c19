"""The rows of one parcel: blob, file, asset, the promise it keeps and the receipt it concludes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from mediatheque.errors import BlobsUnavailable, Conflict
from mediatheque.library.catalog import assets
from mediatheque.library.catalog.filenames import safe_name
from mediatheque.library.idempotency import conclude
from mediatheque.library.ingest.state import Parcel
from mediatheque.model import Blob, File, Keeping, Way
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection
from mediatheque.records.storage import blobs, pending_writes
from mediatheque.records.uploads import uploads


async def write_rows(conn: Connection, parcel: Parcel, place: Callable[[Parcel], Awaitable[None]]) -> None:
    """Write everything in the caller's transaction. `place` is for content whose known bytes were just collected."""
    offer = parcel.offer
    if offer.upload and not await uploads.complete(conn, offer.upload.id):
        raise Conflict("This upload is complete already.")
    parcel.blob = await _blob(conn, parcel, place)
    parcel.file = await _file(conn, parcel, parcel.blob)
    if offer.describe is None:
        return
    parcel.asset = await assets.record(conn, parcel.file, offer.describe(parcel.labels))
    await conclude(conn, offer.receipt, parcel.asset, parcel.blob.sha256)


async def _blob(conn: Connection, parcel: Parcel, place: Callable[[Parcel], Awaitable[None]]) -> Blob:
    """The known blob, held against collection; or a new one, unless a twin has made it first."""
    if parcel.known and await blobs.revive(conn, parcel.known.id):
        return parcel.known
    parcel.known = None
    if parcel.placed_key is None:
        await place(parcel)
    blob = await blobs.insert(conn, parcel.new_blob(), replacing=parcel.broken_key)
    if blob.storage_key == parcel.placed_key and not await pending_writes.end(conn, blob.storage_key):
        raise BlobsUnavailable("Storing this file took so long that it was given up.")
    return blob


async def _file(conn: Connection, parcel: Parcel, blob: Blob) -> File:
    offer = parcel.offer
    file = await files.insert(
        conn,
        id=offer.upload.file_id if offer.upload else uuid4(),
        workspace_id=offer.workspace_id,
        blob=blob,
        name=_name(parcel, blob),
        origin_url=offer.origin_url,
        expires_at=_end(offer.keeping),
        access=offer.keeping.access,
    )
    if file is None:
        raise Conflict("The same URL was stored a moment ago.")
    return file


def _end(keeping: Keeping) -> datetime | None:
    return None if keeping.seconds is None else datetime.now(UTC) + timedelta(seconds=keeping.seconds)


def _name(parcel: Parcel, blob: Blob) -> str:
    """A name that stands in a URL already stays; any other is made to agree with the content."""
    upload = parcel.offer.upload
    if upload and upload.way is not Way.DIRECT:
        return upload.name
    return safe_name(parcel.labels.name, blob.facts.mime, parcel.extension)
