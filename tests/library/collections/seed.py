"""Workspaces and assets without bytes, for tests of tags and collections."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

from mediatheque.library import Library
from mediatheque.library.catalog.assets import insert_asset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.model import Asset, Blob, File, Kind, MediaInfo, Scope
from mediatheque.records.catalog.record import record_file
from mediatheque.records.storage import pending_writes

IMAGE = MediaInfo(mime="image/png", kind=Kind.IMAGE, width=64, height=48)


async def new_workspace(library: Library) -> UUID:
    key = await library.accounts.create_key(uuid4().hex, frozenset(Scope))
    return (await library.accounts.authenticate(key)).workspace_id


async def new_file(library: Library, workspace_id: UUID) -> File:
    id = uuid4()
    blob = Blob(
        id=id,
        workspace_id=workspace_id,
        sha256=hashlib.sha256(id.bytes).digest(),
        size=1,
        storage_key=id.hex,
        media_info=IMAGE,
    )
    file = File(id=id, workspace_id=workspace_id, name="a.png", created_at=datetime.now(UTC), blob=blob)
    async with library.database.transaction() as conn:
        await pending_writes.begin(conn, [blob.storage_key])
        return await record_file(conn, file)


async def register(library: Library, file: File, *tag_ids: UUID) -> Asset:
    """Create the file's asset, or complete the asset that it has."""
    async with library.database.transaction() as conn:
        return await insert_asset(conn, file, AssetFields(tag_ids=tag_ids))


async def new_asset(library: Library, workspace_id: UUID, *tag_ids: UUID) -> UUID:
    return (await register(library, await new_file(library, workspace_id), *tag_ids)).id
