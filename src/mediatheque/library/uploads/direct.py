"""Direct uploads: an asset is declared, its bytes are sent without an API key, then checked against the declaration.

A store with presigned URLs receives the bytes itself, into quarantine; any other store gets them through `receive`.
Either way nothing is served, and no asset exists, before `complete` has checked the bytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mediatheque.blobs import BlobStore, Presigned
from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    Invalid,
    KeyRefused,
    LibraryError,
    NotFound,
    QuotaExceeded,
    Unacceptable,
)
from mediatheque.library.accounts.audit import acting_as
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest, StoredBytes, sha256_of
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.library.uploads import refusals, sessions
from mediatheque.library.uploads.quarantine import Quarantine
from mediatheque.library.uploads.sessions import UploadSession, new_session
from mediatheque.model import Actor, ActorKind, Asset, Batch, FileDefaults, Principal, Upload, UploadMethod
from mediatheque.records.catalog import assets, files
from mediatheque.records.database import Database
from mediatheque.records.uploads import batches
from mediatheque.records.uploads import uploads as rows


class DeclaredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a client will send: `size` in bytes, `mime` one of the library's formats."""

    name: str
    mime: str
    size: int
    sha256: bytes | None = None


class UploadTarget(msgspec.Struct, frozen=True):
    """Where the client sends the bytes: to this server with the session's token, or to the presigned URL."""

    session: UploadSession
    presigned: Presigned | None


class CreatedUploads(msgspec.Struct, frozen=True):
    """Targets in the order of the declared files, and their batch if there is one."""

    targets: tuple[UploadTarget, ...]
    batch: Batch | None = None


class DirectUploads:
    """Direct uploads, single or in batches."""

    def __init__(self, database: Database, store: BlobStore, keys: StorageKeys, intake: Intake, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas
        self._intake = intake
        self._quarantine = Quarantine(database, store, keys)

    async def create(
        self,
        principal: Principal,
        declared: Sequence[DeclaredFile],
        claim: Claim | None = None,
        *,
        batched: bool = False,
        title: str | None = None,
    ) -> CreatedUploads:
        """Create uploads whose bytes may arrive within an hour; with `batched`, as the items of a new batch.

        Raises `QuotaExceeded` when the workspace has no room for all of them.
        """
        size = sum(file.size for file in declared)
        await self._quotas.check(principal.workspace_id, size=size, assets=len(declared))
        batch = _new_batch(principal, len(declared), title) if batched else None
        targets = [await self._create_target(principal, file, batch, index) for index, file in enumerate(declared)]
        created = CreatedUploads(tuple(targets), batch)
        async with self._database.transaction() as conn:
            if batch:
                await batches.insert(conn, batch)
            await sessions.insert_sessions(conn, [target.session for target in targets])
            await store_reply(conn, claim, created)
        return created

    async def receive(self, upload: Upload, body: Body) -> None:
        """Store the bytes durably in quarantine until the upload is completed; see `Quarantine.receive`.

        A client that has lost an answer may send the same bytes again, as to a presigned URL: while they are received
        or checked, and when the upload is completed. Raises `Conflict` when they are other bytes than those of the
        completed upload, or of a concurrent request, and `QuotaExceeded`.
        """
        if upload.completed_at:
            await self._expect_content(upload, await sha256_of(body))
            return
        await self._quotas.check(upload.workspace_id, size=upload.size or 1, assets=1)
        if unneeded := await self._quarantine.receive(upload, body):
            async with self._database.connection() as conn:
                now = await rows.find(conn, upload.id)
            if now and now.completed_at:
                await self._expect_content(now, unneeded)
            elif now is None or not await self._quarantine.has(now, unneeded):
                raise Conflict("This upload was sent by another request meanwhile.")

    async def complete(self, workspace_id: UUID, asset_id: UUID, sha256: bytes | None = None) -> Asset:
        """Check the bytes against the declaration and make the asset. Repeated calls return the same asset.

        Raises `AssetNotFound` for an unknown or expired upload, `Invalid` for another checksum than the declared one,
        `Conflict` while no bytes have arrived, and what `Intake.create_asset` raises. Refused bytes are deleted, and
        refused again until the client sends others.
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
        if sha256 not in (None, await self._completed_sha256(upload, asset)):
            raise Invalid("The checksum is not that of the completed upload.", param="sha256")
        return asset

    async def complete_requested(self, id: UUID) -> None:
        """Complete an item of a batch, and record a refusal in its row. Raises only errors worth a retry.

        The asset is attributed to the API key that declared it.
        """
        async with self._database.connection() as conn:
            upload = await rows.find(conn, id)
        if upload is None or upload.asset_id is None:
            return
        try:
            with acting_as(Actor(kind=ActorKind.KEY, key_id=upload.key_id)):
                await self.complete(upload.workspace_id, upload.asset_id)
        except (Conflict, NotFound, Invalid, KeyRefused) as error:
            async with self._database.connection() as conn:
                await rows.fail(conn, id, refusals.to_text(error))
        except (Unacceptable, QuotaExceeded):  # recorded by `complete`
            return

    async def _create_target(
        self, principal: Principal, file: DeclaredFile, batch: Batch | None, index: int
    ) -> UploadTarget:
        session = new_session(principal, file.name, file.mime, FileDefaults(), method=UploadMethod.DIRECT)
        upload = msgspec.structs.replace(
            session.upload,
            asset_id=uuids.uuid7(),
            size=file.size,
            sha256=file.sha256,
            batch_id=batch.id if batch else None,
            item_index=index if batch else None,
        )
        upload, presigned = await self._quarantine.open(upload)
        return UploadTarget(UploadSession(upload, session.token), presigned)

    async def _ingest(self, upload: Upload, sha256: bytes | None) -> Asset:
        stored = await self._quarantine.stored_bytes(upload)
        try:
            return await self._intake.create_asset(_ingest_request(upload, stored, sha256))
        except LibraryError as error:
            # A concurrent request may have completed the upload, and deleted the bytes.
            async with self._database.connection() as conn:
                now = await rows.find(conn, upload.id)
            if now and now.completed_at:
                return await self._asset(upload)
            if isinstance(error, Unacceptable | QuotaExceeded):
                await self._quarantine.refuse(upload, error)
            raise

    async def _expect_content(self, upload: Upload, sha256: bytes) -> None:
        if sha256 != await self._completed_sha256(upload, await self._asset(upload)):
            raise Conflict("This upload is complete; its content cannot be changed.")

    async def _completed_sha256(self, upload: Upload, asset: Asset) -> bytes:
        """Return the SHA-256 of the upload's bytes: the asset may have other content now, and these as a version."""
        async with self._database.connection() as conn:
            file = await files.find(conn, upload.workspace_id, upload.file_id)
        return (file or asset.file).blob.sha256

    async def _asset(self, upload: Upload) -> Asset:
        async with self._database.connection() as conn:
            asset = await assets.find(conn, upload.workspace_id, upload.asset_id) if upload.asset_id else None
        if asset is None:
            raise AssetNotFound
        return asset


def _ingest_request(upload: Upload, stored: StoredBytes, sha256: bytes | None) -> IngestRequest:
    mime = upload.declared_type or ""
    return IngestRequest(
        workspace_id=upload.workspace_id,
        body=stored,
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
