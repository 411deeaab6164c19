"""The verbs of uploads in parts: numbered pieces in any order, each durable by itself, joined at the end."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from mediatheque.blobs import BlobStore, Spool, new_key
from mediatheque.errors import EmptyFile, Invalid, InvariantError, LibraryError, NotFound, TooLarge, Unacceptable
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest, StoredBytes
from mediatheque.library.storage import try_delete_marked
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
    """Promising, taking and joining parts. Whoever asks has redeemed the upload's token, or shown a key."""

    def __init__(self, database: Database, store: BlobStore, intake: Intake) -> None:
        self._database = database
        self._store = store
        self._intake = intake

    async def create(
        self, principal: Principal, name: str, declared_type: str | None, defaults: FileDefaults
    ) -> UploadSession:
        """Expect parts within a day. The file's id is fixed now."""
        key = new_key()
        session = new_session(
            principal, name, declared_type, defaults, method=UploadMethod.MULTIPART, lifetime=_LIFETIME, storage_key=key
        )
        async with self._database.connection() as conn:
            await insert_sessions(conn, [session])
        # The row comes first, so that a crash leaves no room for parts that nothing knows of.
        handle = await self._store.parts.create(key)
        async with self._database.connection() as conn:
            await rows.set_multipart_id(conn, session.upload.id, handle)
        return UploadSession(msgspec.structs.replace(session.upload, multipart_id=handle), session.token)

    async def put_part(self, upload: Upload, number: int, body: Body, limit: int) -> UploadedPart:
        """Keep a part durably, in place of an earlier one of its number. `limit` is for all parts together, in bytes.

        Raises `Invalid` for an impossible number, `EmptyFile`, `TooLarge`; and for an upload that is over.
        """
        if not 1 <= number <= _MAX_PARTS:
            raise Invalid(f"A part's number is from 1 to {_MAX_PARTS}.", param="part_number")
        _require_open(upload)
        async with Spool(self._store.spool, limit=limit) as spool:
            await body.stream_to(spool)
            await spool.finish()
            if spool.size == 0:
                raise EmptyFile("The part is empty.")
            return await self._store_part(upload, number, spool, limit)

    async def complete(self, upload: Upload, declared: Mapping[int, str], policy: Policy) -> File:
        """The file made of the declared parts, given as their receipts by number; the same file when asked again.

        Raises `Invalid` for parts that have not arrived, and what the intake raises: a refusal is final.
        """
        if upload.completed_at:
            return await self._completed_file(upload)
        if upload.failure:
            raise Unacceptable(upload.failure)
        pieces = await self._declared(upload, declared)
        try:
            return await self._assemble(upload, pieces, policy)
        except LibraryError as error:
            # A twin of this request may have been first, and taken the parts from under us.
            async with self._database.connection() as conn:
                now = await rows.find(conn, upload.id)
            if now and now.completed_at:
                return await self._completed_file(upload)
            if now and now.failure:
                raise Unacceptable(now.failure) from error
            if isinstance(error, Unacceptable):
                await self._refuse(upload, error)
            if isinstance(error, NotFound):
                await self._expect_again(upload)
            raise

    async def _store_part(self, upload: Upload, number: int, spool: Spool, limit: int) -> UploadedPart:
        """The bytes first, then the row. A part that is there already need not be written again."""
        async with self._database.connection() as conn:
            known = await parts.find(conn, upload.id, number)
            others = await parts.total_bytes(conn, upload.id) - (known.size if known else 0)
        if known and (known.sha256, known.size) == (spool.sha256, spool.size):
            return known
        if others + spool.size > limit:
            raise TooLarge(limit)
        key, handle = _parts_location(upload)
        claim = await self._store.parts.upload_part(key, handle, number, spool.path, spool.size)
        piece = UploadedPart(number=number, size=spool.size, sha256=spool.sha256, etag=claim)
        async with self._database.connection() as conn:
            await parts.put(conn, upload.id, piece)
        return piece

    async def _declared(self, upload: Upload, declared: Mapping[int, str]) -> Sequence[UploadedPart]:
        if not declared:
            raise Invalid("parts must name at least one part.", param="parts")
        async with self._database.connection() as conn:
            arrived = {piece.number: piece for piece in await parts.list_all(conn, upload.id)}
        for number, tag in declared.items():
            piece = arrived.get(number)
            # A proxy that compresses makes our tag a weak one.
            if piece is None or tag.removeprefix("W/").strip('"') != piece.sha256.hex():
                raise Invalid(f"Part {number} has not arrived, or is not the one that was declared.", param="parts")
        return [arrived[number] for number in sorted(declared)]

    async def _assemble(self, upload: Upload, pieces: Sequence[UploadedPart], policy: Policy) -> File:
        key, handle = _parts_location(upload)
        async with self._database.transaction() as conn:
            _require_open(await rows.lock(conn, upload.id))
            await pending_writes.begin(conn, key)  # never once a blob has this key: nobody would end it
        await self._store.parts.complete(key, handle, pieces)
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

    async def _expect_again(self, upload: Upload) -> None:
        """The store has lost a part: all are to be sent again, and none is taken for known."""
        async with self._database.connection() as conn:
            await parts.forget(conn, upload.id)
        raise Invalid("A part is not there any more. Send the parts again.", param="parts")

    async def _refuse(self, upload: Upload, error: Unacceptable) -> None:
        key, _ = _parts_location(upload)
        async with self._database.transaction() as conn:
            refused = await rows.fail(conn, upload.id, error.message)
            if refused:
                await pending_writes.mark_for_deletion(conn, [key])
        if refused:
            await try_delete_marked(self._database, self._store, key)


def _parts_location(upload: Upload) -> tuple[str, str]:
    """Where the parts are."""
    if upload.storage_key is None:
        raise InvariantError("a multipart upload has a storage key")
    return upload.storage_key, upload.multipart_id or ""


def _require_open(upload: Upload | None) -> None:
    if upload is None or upload.completed_at or upload.failure:
        raise Invalid("This upload is over; nothing can be added to it.")
