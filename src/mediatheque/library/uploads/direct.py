"""The verbs of direct uploads: an asset promised, its bytes sent without a key, then checked against the promise.

A store that presigns takes the bytes itself, into a quarantine; else they come through `receive`. Either way nothing
is served, and no asset exists, before `complete` has checked what is there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mediatheque.blobs import BlobStore, Presigned
from mediatheque.errors import AssetNotFound, Conflict, Invalid, LibraryError, NotFound, Unacceptable
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest, StoredBytes
from mediatheque.library.uploads import sessions
from mediatheque.library.uploads.quarantine import Quarantine
from mediatheque.library.uploads.sessions import UploadSession, new_session
from mediatheque.model import Asset, Batch, FileDefaults, Principal, Upload, UploadMethod
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database
from mediatheque.records.uploads import batches
from mediatheque.records.uploads import uploads as rows


class DeclaredFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says it will send: `size` in bytes, `mime` one of the library's formats."""

    name: str
    mime: str
    size: int
    sha256: bytes | None = None


class UploadTarget(msgspec.Struct, frozen=True):
    """Where to send the bytes: with the token to this server, or as `presigned` says."""

    session: UploadSession
    presigned: Presigned | None


class CreatedUploads(msgspec.Struct, frozen=True):
    """Slots in the order of what was announced, and their batch if they are one."""

    targets: tuple[UploadTarget, ...]
    batch: Batch | None = None


class DirectUploads:
    """Promising, receiving and completing direct uploads, one by one or in batches."""

    def __init__(self, database: Database, store: BlobStore, intake: Intake) -> None:
        self._database = database
        self._intake = intake
        self._quarantine = Quarantine(database, store)

    async def create(
        self,
        principal: Principal,
        announced: Sequence[DeclaredFile],
        claim: Claim | None = None,
        *,
        batched: bool = False,
        title: str | None = None,
    ) -> CreatedUploads:
        """Expect the announced bytes within an hour, `batched` as the items of a new batch."""
        batch = _new_batch(principal, len(announced), title) if batched else None
        slots = [await self._create_target(principal, each, batch, index) for index, each in enumerate(announced)]
        promised = CreatedUploads(tuple(slots), batch)
        async with self._database.transaction() as conn:
            if batch:
                await batches.insert(conn, batch)
            await sessions.insert_sessions(conn, [slot.session for slot in slots])
            await store_reply(conn, claim, promised)
        return promised

    async def receive(self, upload: Upload, body: Body) -> None:
        """Keep the promised bytes durably, unserved, until they are completed; see `Quarantine.fill`."""
        await self._quarantine.receive(upload, body)

    async def complete(self, workspace_id: UUID, asset_id: UUID, sha256: bytes | None = None) -> Asset:
        """The asset of the bytes that were sent, checked against what was announced; the same one when asked again.

        `AssetNotFound` for what was not promised or has expired; `Conflict` while no bytes have arrived; what the
        intake raises for bytes that are not as announced, and the same again until others are sent.
        """
        async with self._database.connection() as conn:
            upload = await rows.find_by_asset(conn, workspace_id, asset_id)
        if upload is None or (not upload.completed_at and upload.expires_at <= datetime.now(UTC)):
            raise AssetNotFound
        if sha256 and upload.sha256 not in (None, sha256):
            raise Invalid("The checksum is not the one that was announced.", param="sha256")
        if upload.completed_at is None:
            return await self._ingest(upload, sha256 or upload.sha256)
        asset = await self._asset(upload)
        if sha256 not in (None, asset.file.blob.sha256):
            raise Invalid("The checksum is not that of the completed upload.", param="sha256")
        return asset

    async def complete_requested(self, id: UUID) -> None:
        """The same for an item of a batch, whose outcome is noted with it. Raises only what may pass."""
        async with self._database.connection() as conn:
            upload = await rows.find(conn, id)
        if upload is None or upload.asset_id is None:
            return
        try:
            await self.complete(upload.workspace_id, upload.asset_id)
        except (Conflict, NotFound, Invalid) as error:
            async with self._database.connection() as conn:
                await rows.fail(conn, id, error.message)
        except Unacceptable:  # noted by `complete`
            return

    async def _create_target(
        self, principal: Principal, announced: DeclaredFile, batch: Batch | None, index: int
    ) -> UploadTarget:
        session = new_session(principal, announced.name, announced.mime, FileDefaults(), method=UploadMethod.DIRECT)
        upload = msgspec.structs.replace(
            session.upload,
            asset_id=uuids.uuid7(),
            size=announced.size,
            sha256=announced.sha256,
            batch_id=batch.id if batch else None,
            item_index=index if batch else None,
        )
        upload, presigned = await self._quarantine.open(upload)
        return UploadTarget(UploadSession(upload, session.token), presigned)

    async def _ingest(self, upload: Upload, sha256: bytes | None) -> Asset:
        staged = await self._quarantine.stored_bytes(upload)
        try:
            return await self._intake.create_asset(_ingest_request(upload, staged, sha256))
        except LibraryError as error:
            # A twin of this request may have been first, and taken the bytes from under us.
            async with self._database.connection() as conn:
                now = await rows.find(conn, upload.id)
            if now and now.completed_at:
                return await self._asset(upload)
            if isinstance(error, Unacceptable):
                await self._quarantine.refuse(upload, error)
            raise

    async def _asset(self, upload: Upload) -> Asset:
        async with self._database.connection() as conn:
            asset = await assets.find(conn, upload.workspace_id, upload.asset_id) if upload.asset_id else None
        if asset is None:
            raise AssetNotFound
        return asset


def _ingest_request(upload: Upload, staged: StoredBytes, sha256: bytes | None) -> IngestRequest:
    mime = upload.declared_type or ""
    return IngestRequest(
        workspace_id=upload.workspace_id,
        body=staged,
        policy=Policy(max_bytes=upload.size or 0, types=frozenset({mime}), declared_must_match=True),
        describe=lambda _: AssetFields(id=upload.asset_id),
        upload=upload,
        sha256=sha256,
        defaults=upload.defaults,
    )


def _new_batch(principal: Principal, total: int, title: str | None) -> Batch:
    return Batch(
        id=uuids.uuid7(), workspace_id=principal.workspace_id, created_at=datetime.now(UTC), total=total, title=title
    )
