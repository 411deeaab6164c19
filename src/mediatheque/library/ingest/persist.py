"""The rows of one ingested request: blob, file, asset, completed upload and stored reply."""

from datetime import datetime, timedelta
from pathlib import PurePosixPath

import msgspec

from mediatheque.errors import BlobsUnavailable, Conflict
from mediatheque.library.catalog import assets, versions
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.filenames import safe_name
from mediatheque.library.catalog.references import References, add_references, lock_references
from mediatheque.library.catalog.update import external_id_taken
from mediatheque.library.catalog.upsert import lock_to_update, update_fields
from mediatheque.library.idempotency import store_reply
from mediatheque.library.ingest.request import Replacement
from mediatheque.library.ingest.state import IngestState
from mediatheque.library.tasks import job_of
from mediatheque.model import Asset, File, FileDefaults, UploadMethod
from mediatheque.records.catalog.assets import ExternalIdTaken
from mediatheque.records.catalog.record import OriginStored, WriteGivenUp, record_file
from mediatheque.records.database import Connection, Database
from mediatheque.records.uploads import uploads


async def write_rows(database: Database, state: IngestState) -> None:
    """Write every row of the request, all or nothing.

    Most requests need one statement, which commits by itself and can be repeated when the connection is lost. Raises
    `Conflict` when the upload was completed, or the URL stored, by a concurrent request; `BlobCollected` when the
    duplicate was collected, so that the bytes must be stored after all; `BlobsUnavailable` when garbage collection has
    marked the new bytes for deletion; and what `lock_references`, `add_references` and `versions` raise.
    """
    request = state.request
    fields = request.describe(state.declared) if request.describe else None
    if request.replaces:
        async with database.transaction() as conn:
            await _replace(conn, state, request.replaces)
    elif request.upload or request.claim or (fields and fields.has_references):
        async with database.transaction() as conn:
            await _write_all(conn, state, fields)
    else:
        async with database.connection() as conn:
            await _record(conn, state, fields)


async def _write_all(conn: Connection, state: IngestState, fields: AssetFields | None) -> None:
    request = state.request
    if request.upload and not await uploads.complete(conn, request.upload.id):
        raise Conflict("This upload is complete already.")
    if fields and await _update(conn, state, fields):
        return
    references = await lock_references(conn, request.workspace_id, fields) if fields else References()
    await _record(conn, state, fields)
    if fields and state.asset:
        if await add_references(conn, state.asset, fields, references):
            state.asset = await assets.require_asset(conn, request.workspace_id, state.asset.id)
        await store_reply(conn, request.claim, state.asset, state.local.sha256)


async def _replace(conn: Connection, state: IngestState, replaces: Replacement) -> None:
    """Make the content that of an existing asset."""
    asset = await versions.lock_content(conn, state.request.workspace_id, replaces.asset_id, replaces.if_match)
    state.asset = await _put_content(conn, state, asset)
    await store_reply(conn, state.request.claim, state.asset, state.local.sha256)


async def _update(conn: Connection, state: IngestState, fields: AssetFields) -> bool:
    """Give the asset that has the external id the content and the fields. Return False when none is to be updated."""
    asset = await lock_to_update(conn, state.request.workspace_id, fields)
    if asset is None:
        return False
    state.asset = await update_fields(conn, await _put_content(conn, state, asset), fields)
    await store_reply(conn, state.request.claim, state.asset, state.local.sha256)
    return True


async def _put_content(conn: Connection, state: IngestState, asset: Asset) -> Asset:
    """Replace the content of the locked asset. The same content as it has, with all its bytes, changes nothing."""
    if versions.has_content(asset, state.local.sha256, state.local.size) and state.broken_key is None:
        state.file, state.blob = asset.file, asset.file.blob
        return asset
    blob = state.of_own_type(state.duplicate or state.new_blob())
    file = await versions.next_file(conn, asset, _name_after(asset.file, state, blob.media_info.mime), blob)
    state.file = await _record_file(conn, state, file)
    state.blob = state.file.blob
    return await versions.set_file(conn, asset, state.file)


async def _record(conn: Connection, state: IngestState, fields: AssetFields | None) -> None:
    """Insert blob, file and asset in one statement, and set them in `state`."""
    file = _new_file(state)
    asset = assets.new_asset(file, fields, id=state.asset_id, created_at=state.recorded_at) if fields else None
    try:
        file = await _record_file(conn, state, file, asset)
    except ExternalIdTaken:
        raise external_id_taken(updates=bool(fields and fields.updates)) from None
    state.file, state.blob = file, file.blob
    state.asset = msgspec.structs.replace(asset, file=file) if asset else None


async def _record_file(conn: Connection, state: IngestState, file: File, asset: Asset | None = None) -> File:
    try:
        return await record_file(
            conn,
            file,
            asset,
            job_of("embed_asset", asset_id=asset.id) if asset else None,
            is_duplicate=state.duplicate is not None,
            replacing=state.broken_key,
            embedded=state.embedded,
        )
    except OriginStored as error:
        raise Conflict("The same URL was stored a moment ago.") from error
    except WriteGivenUp as error:
        raise BlobsUnavailable("Storing this file took so long that it was given up.") from error


def _new_file(state: IngestState) -> File:
    request = state.request
    blob = state.of_own_type(state.duplicate or state.new_blob())
    return File(
        id=state.file_id,
        workspace_id=request.workspace_id,
        name=_name(state, blob.media_info.mime),
        created_at=state.recorded_at,
        blob=blob,
        origin_url=request.origin_url,
        expires_at=_expires_at(request.defaults, state.recorded_at),
        acl=request.defaults.acl,
    )


def _expires_at(defaults: FileDefaults, recorded_at: datetime) -> datetime | None:
    if defaults.lifetime_seconds is None:
        return None
    return recorded_at + timedelta(seconds=defaults.lifetime_seconds)


def _name(state: IngestState, mime: str) -> str:
    """Return the file's name. A name that a URL already contains is kept; any other gets the content's extension."""
    upload = state.request.upload
    if upload and upload.method is not UploadMethod.DIRECT:
        return upload.name
    return safe_name(state.declared.name, mime, state.extension)


def _name_after(former: File, state: IngestState, mime: str) -> str:
    """Return the name of the file that follows another one: that of the content or, if it has none, of the former."""
    former_name = former.name if mime == former.blob.media_info.mime else PurePosixPath(former.name).stem
    return safe_name(state.declared.name or former_name, mime, state.extension)
