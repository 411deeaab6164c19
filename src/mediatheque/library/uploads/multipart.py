"""Multipart uploads: numbered parts in any order, each durable by itself, joined when the upload is completed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

import msgspec

from mediatheque.blobs import BlobStore, Spool, new_key
from mediatheque.errors import (
    EmptyFile,
    Invalid,
    InvariantError,
    LibraryError,
    NotFound,
    QuotaExceeded,
    TooLarge,
    Unacceptable,
)
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest, QuotaSink, StoredBytes, announced_size
from mediatheque.library.storage import try_delete_marked
from mediatheque.library.uploads import refusals
from mediatheque.library.uploads.sessions import UploadSession, insert_sessions, new_session
from mediatheque.model import DeclaredMetadata, File, FileDefaults, Principal, Upload, UploadedPart, UploadMethod
from mediatheque.records.catalog import files
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes
from mediatheque.records.uploads import parts
from mediatheque.records.uploads import uploads as rows

_LIFETIME = timedelta(hours=24)
_MAX_PARTS = 10_000


class MultipartUploads:
    """Multipart uploads. Callers have checked the upload's token or an API key."""

    def __init__(self, database: Database, store: BlobStore, intake: Intake, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas
        self._store = store
        self._intake = intake

    async def create(
        self, principal: Principal, name: str, declared_type: str | None, defaults: FileDefaults
    ) -> UploadSession:
        """Create an upload whose parts may arrive within a day. The file's id is chosen now.

        Raises `QuotaExceeded` when the workspace has no room for any bytes.
        """
        await self._quotas.check(principal.workspace_id)
        key = new_key()
        session = new_session(
            principal, name, declared_type, defaults, method=UploadMethod.MULTIPART, lifetime=_LIFETIME, storage_key=key
        )
        async with self._database.transaction() as conn:
            await insert_sessions(conn, [session])
        # The row comes first, so that a crash leaves no multipart upload in the store that the database does not know.
        multipart_id = await self._store.parts.create(key)
        async with self._database.connection() as conn:
            await rows.set_multipart_id(conn, session.upload.id, multipart_id)
        return UploadSession(msgspec.structs.replace(session.upload, multipart_id=multipart_id), session.token)

    @staticmethod
    def expect_part(upload: Upload, number: int) -> None:
        """Raise `Invalid` when no part of that number can be sent: it is out of range, or the upload is finished."""
        if not 1 <= number <= _MAX_PARTS:
            raise Invalid(f"A part's number is from 1 to {_MAX_PARTS}.", param="part_number")
        _require_open(upload)

    async def put_part(self, upload: Upload, number: int, body: Body, limit: int) -> UploadedPart:
        """Store a part durably, replacing an earlier one of its number. `limit` is for all parts together, in bytes.

        Raises as `expect_part` does, `EmptyFile` and `TooLarge`, and `QuotaExceeded` when the workspace has no room for
        all parts of its open uploads.
        """
        self.expect_part(upload, number)
        size = announced_size(body)
        room = await self._quotas.check(upload.workspace_id, size=max(1, size))
        async with Spool(self._store.spool, limit=limit) as spool:
            await body.stream_to(QuotaSink(spool, room) if room else spool)
            await spool.finish()
            if spool.size == 0:
                raise EmptyFile("The part is empty.")
            if room:
                await self._check_room(upload, number, spool.size)
            return await self._database.repeat_after_outage(partial(self._store_part, upload, number, spool, limit))

    async def complete(self, upload: Upload, declared: Mapping[int, str], policy: Policy) -> File:
        """Make the file of the declared parts, given as ETags by part number. Repeated calls return the same file.

        Raises `Invalid` for parts that have not arrived, and what `Intake.create_file` raises. An `Unacceptable` file,
        or one for which the workspace has no room is refused for good: the parts are deleted.
        """
        if upload.completed_at:
            return await self._completed_file(upload)
        if refusal := refusals.to_error(upload):
            raise refusal
        uploaded = await self._find_declared(upload, declared)
        try:
            return await self._assemble(upload, uploaded, policy)
        except LibraryError as error:
            # A concurrent request may have completed the upload, and deleted the parts.
            async with self._database.connection() as conn:
                now = await rows.find(conn, upload.id)
            if now and now.completed_at:
                return await self._completed_file(upload)
            if now and (refusal := refusals.to_error(now)):
                raise refusal from error
            if isinstance(error, Unacceptable | QuotaExceeded):
                await self._refuse(upload, error)
            if isinstance(error, NotFound):
                await self._forget_parts(upload)
            raise

    async def _check_room(self, upload: Upload, number: int, size: int) -> None:
        """Raise `QuotaExceeded` when the workspace has no room for all its parts, the one of that number replaced."""
        async with self._database.connection() as conn:
            others = await parts.total_bytes_in_flight(conn, upload.workspace_id)
            earlier = await parts.find(conn, upload.id, number)
        await self._quotas.check(upload.workspace_id, size=others - (earlier.size if earlier else 0) + size)

    async def _store_part(self, upload: Upload, number: int, spool: Spool, limit: int) -> UploadedPart:
        """Write the bytes, then the row. A part with the same content is not written again."""
        async with self._database.connection() as conn:
            earlier = await parts.find(conn, upload.id, number)
            others = await parts.total_bytes(conn, upload.id) - (earlier.size if earlier else 0)
        if earlier and (earlier.sha256, earlier.size) == (spool.sha256, spool.size):
            return earlier
        if others + spool.size > limit:
            raise TooLarge(limit)
        key, multipart_id = _parts_location(upload)
        etag = await self._store.parts.upload_part(key, multipart_id, number, spool.path, spool.size)
        part = UploadedPart(number=number, size=spool.size, sha256=spool.sha256, etag=etag)
        async with self._database.transaction() as conn:
            await parts.put(conn, upload.id, part)
        return part

    async def _find_declared(self, upload: Upload, declared: Mapping[int, str]) -> Sequence[UploadedPart]:
        if not declared:
            raise Invalid("parts must name at least one part.", param="parts")
        async with self._database.connection() as conn:
            arrived = {part.number: part for part in await parts.list_all(conn, upload.id)}
        for number, etag in declared.items():
            part = arrived.get(number)
            # A proxy that compresses makes the ETag a weak one.
            if part is None or etag.removeprefix("W/").strip('"') != part.sha256.hex():
                raise Invalid(f"Part {number} has not arrived, or is not the one that was declared.", param="parts")
        return [arrived[number] for number in sorted(declared)]

    async def _assemble(self, upload: Upload, uploaded: Sequence[UploadedPart], policy: Policy) -> File:
        key, multipart_id = _parts_location(upload)
        async with self._database.transaction() as conn:
            _require_open(await rows.lock(conn, upload.id))
            # Under the lock, since a pending write for a key that a blob has would never end.
            await pending_writes.begin(conn, [key])
        await self._store.parts.complete(key, multipart_id, uploaded)
        declared = DeclaredMetadata(name=upload.name, type=upload.declared_type)
        return await self._intake.create_file(
            IngestRequest(
                workspace_id=upload.workspace_id,
                body=StoredBytes(key, declared),
                policy=policy,
                upload=upload,
                defaults=upload.defaults,
            )
        )

    async def _completed_file(self, upload: Upload) -> File:
        async with self._database.connection() as conn:
            file = await files.find(conn, upload.workspace_id, upload.file_id)
        if file is None:
            raise NotFound("File not found.")
        return file

    async def _forget_parts(self, upload: Upload) -> None:
        """Forget all parts, because the store has lost one, and raise `Invalid`: the client must send them again."""
        async with self._database.connection() as conn:
            await parts.delete_all(conn, upload.id)
        raise Invalid("A part is not there any more. Send the parts again.", param="parts")

    async def _refuse(self, upload: Upload, error: LibraryError) -> None:
        key, _ = _parts_location(upload)
        async with self._database.transaction() as conn:
            refused = await rows.fail(conn, upload.id, refusals.to_text(error))
            if refused:
                await pending_writes.mark_for_deletion(conn, [key])
        if refused:
            await try_delete_marked(self._database, self._store, key)


def _parts_location(upload: Upload) -> tuple[str, str]:
    """Return the storage key and the store's id of the multipart upload."""
    if upload.storage_key is None:
        raise InvariantError("a multipart upload has a storage key")
    return upload.storage_key, upload.multipart_id or ""


def _require_open(upload: Upload | None) -> None:
    if upload is None or upload.completed_at or upload.failure:
        raise Invalid("This upload is over; nothing can be added to it.")
