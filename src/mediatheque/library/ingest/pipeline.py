"""The pipeline that all content passes through, whichever endpoint it arrives at.

Bytes stay in a spool, few of them in memory and more in a file, until the last step but one, so that a refused file
leaves nothing behind and a decoder can seek. Bytes are stored before rows are written: a crash in between leaves bytes
with a pending write, which garbage collection deletes, and never a row without its bytes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial

import structlog

from mediatheque.blobs import BlobStore, HashedFile
from mediatheque.blobs.spool import Spool
from mediatheque.errors import (
    DatabaseUnavailable,
    DeclaredTypeMismatch,
    EmptyFile,
    InvariantError,
    LibraryError,
    TransactionConflict,
    Unreadable,
    UnsupportedKind,
)
from mediatheque.library.accounts.quotas import Quotas, Room
from mediatheque.library.ingest.persist import write_rows
from mediatheque.library.ingest.request import IngestRequest, QuotaSink, StoredBytes, announced_size
from mediatheque.library.ingest.state import IngestState
from mediatheque.library.storage import discard, store_blob
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.media.formats import claims_media, same_type
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import sniff as recognise
from mediatheque.media.text import text_type
from mediatheque.model import Asset, File, Kind, MediaInfo
from mediatheque.records.catalog.record import BlobCollected
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs

Step = Callable[[IngestState], Awaitable[None]]
_UNKNOWN_TYPE = "application/octet-stream"
_log = structlog.get_logger()


class Intake:
    """Operations on new content: turn requests into files and assets, in the order of `steps`."""

    def __init__(
        self,
        database: Database,
        store: BlobStore,
        keys: StorageKeys,
        sandbox: Sandbox,
        quotas: Quotas | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._sandbox = sandbox
        self._quotas = quotas or Quotas(database)
        self.steps: tuple[Step, ...] = (
            self.receive,
            self.sniff,
            self.check_policy,
            self.probe,
            self.deduplicate,
            self.store_blob,
            self.record,
        )

    async def create_asset(self, request: IngestRequest) -> Asset:
        """Store the content durably as an asset. Raises a `LibraryError` when it is refused; then nothing is stored."""
        state = await self._run(request)
        if state.asset is None:
            raise InvariantError("this request does not describe an asset")
        return state.asset

    async def create_file(self, request: IngestRequest) -> File:
        """Store the content durably as a file. Raises a `LibraryError` when it is refused; then nothing is stored."""
        state = await self._run(request)
        if state.file is None:
            raise InvariantError("every ingested request becomes a file")
        return state.file

    async def _run(self, request: IngestRequest) -> IngestState:
        room = await self._check_quota(request)
        async with self._local_file(request) as local:
            state = IngestState(request, local, room)
            try:
                for step in self.steps:
                    if step == self.receive:  # what has been read of a body is gone
                        await step(state)
                    else:
                        await self._database.repeat_after_outage(partial(step, state))
            except DatabaseUnavailable:
                raise  # the commit may have happened, so stored bytes must stay
            except LibraryError:
                if not (isinstance(request.body, StoredBytes) and request.body.shared):
                    await self._discard(state)
                raise
        if state.lost_race:
            await self._discard(state)
        return state

    async def _check_quota(self, request: IngestRequest) -> Room | None:
        """Return how many bytes the workspace may add, None for no limit. Raises `QuotaExceeded` before they arrive.

        Of stored bytes the database refuses what exceeds the quota.
        """
        body = request.body
        if isinstance(body, StoredBytes):
            return None
        size = max(1, announced_size(body))
        return await self._quotas.check(request.workspace_id, size=size, assets=1 if request.describe else 0)

    def _local_file(self, request: IngestRequest) -> AbstractAsyncContextManager[HashedFile]:
        """Yield an empty spool for the bytes to come, or the stored bytes as a hashed file."""
        if isinstance(request.body, StoredBytes):
            return self._hashed_copy(request.body.key)
        return Spool(self._store.spool, limit=request.policy.max_bytes, in_memory=self._sandbox.takes_bytes)

    @asynccontextmanager
    async def _hashed_copy(self, key: str) -> AsyncIterator[HashedFile]:
        async with self._store.open_local(key) as copy:
            yield await copy.hash()

    async def receive(self, state: IngestState) -> None:
        """Read the body into the spool, which counts and hashes it. Stored bytes were hashed when they were opened."""
        body, local = state.request.body, state.local
        if isinstance(body, StoredBytes):
            state.declared, state.stored_key = body.declared, body.key
        elif isinstance(local, Spool):
            state.declared = await body.stream_to(QuotaSink(local, state.room) if state.room else local)
            await local.finish()
        if local.size == 0:
            raise EmptyFile(param="file")
        if state.request.sha256 not in (None, local.sha256):
            raise Unreadable("The bytes do not have the checksum that was announced.", param="sha256")

    async def sniff(self, state: IngestState) -> None:
        """Recognise the format by the first bytes. The declared type is not used."""
        state.format = recognise(state.local.head)

    async def check_policy(self, state: IngestState) -> None:
        """Check the recognised format and the size against the endpoint's policy."""
        policy, declared = state.request.policy, state.declared.type
        if state.format is None:
            if not policy.allow_unknown_types or claims_media(declared, state.declared.name):
                raise UnsupportedKind("The content is not of any accepted file type.", param="file")
            return
        if policy.declared_must_match and declared and not same_type(declared, state.format.mime):
            raise DeclaredTypeMismatch(declared, state.format.mime, param="file")
        policy.check(state.format.mime, state.format.kind, state.local.size)

    async def probe(self, state: IngestState) -> None:
        """Have the format's decoder open the file, in the sandbox, and keep what it finds."""
        if state.format is None:
            text = text_type(state.local.head, state.declared.type, state.declared.name)
            state.media_info = MediaInfo(mime=text or _UNKNOWN_TYPE, kind=Kind.DOCUMENT)
            return
        local = state.local
        probed = await self._sandbox.probe(local.path if local.content is None else local.content, state.format)
        media_info, state.embedded = probed.media_info, probed.embedded
        if media_info.mime != state.format.mime:
            state.request.policy.check(media_info.mime, media_info.kind, state.local.size)
        state.media_info = media_info

    async def deduplicate(self, state: IngestState) -> None:
        """Find a blob of the workspace with the same content. If its bytes are missing, the new bytes replace them."""
        local = state.local
        async with self._database.connection() as conn:
            blob = await blobs.find(conn, state.request.workspace_id, local.sha256, local.size)
        if blob is None:
            return
        if await self._store.size(blob.storage_key) == local.size:
            state.duplicate = blob
        else:
            _log.error("blob_bytes_missing", blob=str(blob.id), storage_key=blob.storage_key)
            state.broken_key = blob.storage_key

    async def store_blob(self, state: IngestState) -> None:
        """Store new bytes durably, unless there is a duplicate."""
        if state.duplicate is None and state.stored_key is None and isinstance(state.local, Spool):
            put = partial(state.local.move_to, self._store)
            state.stored_key = await store_blob(self._database, self._store, self._keys, put)

    async def record(self, state: IngestState) -> None:
        """Write all rows. If the duplicate was collected meanwhile, store the bytes and repeat.

        What was rolled back for the sake of a concurrent transaction is repeated once.
        """
        try:
            with suppress(TransactionConflict):
                return await write_rows(self._database, state)
            await write_rows(self._database, state)
        except BlobCollected:
            state.duplicate = None
            await self.store_blob(state)
            await write_rows(self._database, state)

    async def _discard(self, state: IngestState) -> None:
        if state.stored_key is not None:
            await discard(self._database, self._store, state.stored_key)
