"""A workspace with a row in every table that has rows of workspaces."""

import secrets
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from mediatheque.library import Library
from mediatheque.library.accounts.workspaces import CreatedWorkspace
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.tasks import defer
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import Asset, FileDefaults, Filter, Input, Principal, Provenance, Quota, UploadMethod
from tests import samples
from tests.library.ingest_requests import Content, ingest_request


def picture() -> bytes:
    """One that is like no other."""
    return samples.png() + secrets.token_bytes(8)


async def fill(library: Library, name: str, *, assets: int = 3) -> CreatedWorkspace:
    """Create a workspace with assets, what organizes them, and uploads at every stage."""
    made = await library.accounts.workspaces.create(name)
    principal = await library.accounts.authenticate(made.first.secret)
    await _fill_catalog(library, principal.workspace_id, assets)
    await _fill_uploads(library, principal)
    await _store_reply(library, principal)
    (newest,), _ = await library.catalog.assets.page(principal.workspace_id, Filter(), None, 1)
    newest = await library.replacements.replace(
        principal.workspace_id, newest.id, Content(picture()), max_bytes=1 << 20
    )
    await _fill_by_worker(library, newest)
    await _fill_keep(library, principal.workspace_id, principal.key_id)
    await library.accounts.usage.fold()
    await library.ingest.create_asset(ingest_request(principal.workspace_id, picture()))  # a change that is not folded
    await library.accounts.quotas.set(principal.workspace_id, Quota(max_bytes=1 << 40))
    return made


async def _fill_catalog(library: Library, workspace: UUID, assets: int) -> None:
    tag = await library.catalog.tags.create(workspace, "tag")
    folder = await library.catalog.folders.create(workspace, "folder", "project", None)
    inner = await library.catalog.folders.create(workspace, "inner", "project", folder.id)
    outer = await library.collections.collections.create(workspace, "outer")
    collection = await library.collections.collections.create(workspace, "inner", parent_id=outer.id)
    fields = AssetFields(tag_ids=(tag.id,), collection_id=collection.id, folder_id=inner.id)
    first = await library.ingest.create_asset(ingest_request(workspace, picture(), details=fields))
    made_of = Provenance(request_id="request", inputs=(Input(url="http://example.com/a.png"),))
    for _ in range(assets - 1):
        await library.ingest.create_asset(ingest_request(workspace, picture(), details=AssetFields(provenance=made_of)))
    await library.catalog.files.copy(first.file, AssetFields(title="a copy of the same bytes"))
    wanted = CollectionPatch(name="Mona", description="a bear")
    await library.collections.characters.create(workspace, wanted, [first.file.id])


async def _fill_uploads(library: Library, principal: Principal) -> None:
    uploads = library.uploads
    multipart = (await uploads.multipart.create(principal, "a.png", None, FileDefaults())).upload
    await uploads.multipart.put_part(multipart, 1, Content(picture()), 1 << 20)
    await uploads.sessions.create(principal, "a.png", None)
    data = picture()
    declared = [DeclaredFile(name="a.png", mime="image/png", size=len(data))]
    targets = (await uploads.direct.create(principal, declared, batched=True)).targets
    if targets[0].presigned is None:
        upload = await uploads.sessions.find(principal.workspace_id, targets[0].session.upload.id, UploadMethod.DIRECT)
        await uploads.direct.receive(upload, Content(data))


async def _fill_keep(library: Library, workspace: UUID, key: UUID) -> None:
    """Store a result that is to be kept, with its task, and what announces such results."""
    async with library.database.transaction() as conn:
        keep = uuid4()
        await conn.execute(
            "INSERT INTO keep (id, workspace_id, provider, subject, labels, state, give_up_at) "
            "VALUES (%s, %s, 'fal', 'request', '{}', 'waiting', now())",
            (keep, workspace),
        )
        await conn.execute(
            "INSERT INTO hook (id, workspace_id, key_id, provider, token_hash, labels) "
            "VALUES (gen_random_uuid(), %s, %s, 'fal', %s, '{}')",
            (workspace, key, secrets.token_bytes(32)),
        )
        await conn.execute(
            "INSERT INTO provider_key (workspace_id, provider, sealed, hint) VALUES (%s, 'fal', 'x', 'x')", (workspace,)
        )
        await defer(conn, "advance_keep", keep_id=keep)


async def _fill_by_worker(library: Library, asset: Asset) -> None:
    """Store what a worker and the sandbox find out."""
    async with library.database.connection() as conn:
        await conn.execute(
            "INSERT INTO embedding_model (name, spec, dimensions) VALUES ('m', 'm', 3) ON CONFLICT DO NOTHING"
        )
        await conn.execute(
            "INSERT INTO embedding (asset_id, model_id, part, workspace_id, failure) "
            "SELECT %s, id, 'content', %s, 'unread' FROM embedding_model WHERE name = 'm'",
            (asset.id, asset.workspace_id),
        )
        await conn.execute(
            "INSERT INTO embedded_metadata (blob_id, workspace_id, data) VALUES (%s, %s, '{}') ON CONFLICT DO NOTHING",
            (asset.file.blob.id, asset.workspace_id),
        )


async def _store_reply(library: Library, principal: Principal) -> None:
    claimed = await library.idempotency.claim(principal, "POST /api/assets", "key")
    assert isinstance(claimed, UUID)
    async with library.database.transaction() as conn:
        await store_reply(conn, Claim(claimed, lambda _: (200, b"{}")), None)


async def stored_keys(library: Library) -> AsyncIterator[str]:
    """Yield the keys of everything in the store."""
    async for stored in library.store.list_objects():
        yield stored.key
