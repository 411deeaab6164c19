"""Blobs of older versions: each is read once more, for its CRC-32 and for what it says about itself.

A task reads a few of them and defers the next one, at the lowest priority: a large library is read in days in which
nothing else waits for it. The cursor passes blobs that cannot be read; they are tried again when a worker starts.
"""

from uuid import UUID

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import NotFound, Unreadable
from mediatheque.library.tasks import defer
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Blob, EmbeddedMetadata
from mediatheque.records import jobs
from mediatheque.records.database import Database
from mediatheque.records.locks import try_advisory_lock
from mediatheque.records.storage import embedded_metadata as rows

_BATCH = 50
_TASK = "read_blobs"
_START = UUID(int=0)
_log = structlog.get_logger()


class UnreadBlobs:
    """Operations on blobs that were stored before the library read these facts."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox

    async def start(self) -> bool:
        """Defer the first task, if there is a blob to read and no such task. Return whether it was deferred."""
        async with self._database.session() as conn, try_advisory_lock(conn, "unread blobs") as acquired:
            if not acquired or await jobs.exist(conn, _TASK) or not await rows.exist_unread(conn):
                return False
            async with self._database.transaction() as deferring:
                await defer(deferring, _TASK, after=_START)
        _log.info("reading_old_blobs")
        return True

    async def read(self, after: UUID) -> None:
        """Read the next blobs by id and defer the task for those behind them; a task that may be repeated.

        Raises `Unavailable` when the store or the database does not answer.
        """
        async with self._database.connection() as conn:
            batch = await rows.list_unread(conn, after, _BATCH)
        for blob in batch:
            try:
                await self._read(blob)
            except (NotFound, FileNotFoundError):
                _log.error("blob_bytes_missing", blob=str(blob.id), storage_key=blob.storage_key)
        if not batch:
            _log.info("old_blobs_read")
            return
        async with self._database.transaction() as conn:
            await defer(conn, _TASK, after=batch[-1].id)

    async def _read(self, blob: Blob) -> None:
        async with self._store.open_local(blob.storage_key) as copy:
            file = await copy.hash()
            if file.sha256 != blob.sha256:
                _log.error("blob_bytes_damaged", blob=str(blob.id), storage_key=blob.storage_key)
                return
            format = FORMATS.get(blob.media_info.mime)
            embedded: EmbeddedMetadata | None = None
            if format:
                try:
                    embedded = (await self._sandbox.probe(file.path, format)).embedded
                except Unreadable as error:  # an older version accepted it
                    _log.warning("blob_not_probed", blob=str(blob.id), reason=error.message)
        async with self._database.transaction() as conn:
            await rows.store_reading(conn, blob, file.crc32, embedded)
