"""The one way in. Whatever door bytes come through, they take the same steps in the same order.

Bytes wait in a spool file until the last step but one: what is refused leaves nothing behind, and a decoder can
seek in them. Bytes come before rows: a crash in between leaves bytes that only their placement names, which the sweep
collects, and never a row without its bytes.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import structlog

from mediatheque.blobs import BlobStore, LocalCopy
from mediatheque.blobs.spool import Spool
from mediatheque.errors import (
    DatabaseUnavailable,
    EmptyFile,
    LibraryError,
    TypeMismatch,
    Unreadable,
    UnsupportedKind,
)
from mediatheque.library.ingest.persist import write_rows
from mediatheque.library.ingest.request import IngestRequest, StoredBytes
from mediatheque.library.ingest.state import IngestState
from mediatheque.library.storage import discard, store_blob
from mediatheque.media.formats import claims_media, same_type
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import sniff as recognise
from mediatheque.model import Asset, File, Kind, MediaInfo
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs

Step = Callable[[IngestState], Awaitable[None]]
_UNKNOWN_TYPE = MediaInfo(mime="application/octet-stream", kind=Kind.DOCUMENT)
_log = structlog.get_logger()


class Intake:
    """Takes offers in."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self.steps: tuple[Step, ...] = (
            self.receive,
            self.sniff,
            self.check_policy,
            self.probe,
            self.deduplicate,
            self.store_blob,
            self.record,
        )

    async def create_asset(self, offer: IngestRequest) -> Asset:
        """Take the offer in as an asset, durably. Every kind of refusal raises; nothing of it stays."""
        parcel = await self._run(offer)
        if parcel.asset is None:
            raise LookupError("this offer does not describe an asset")
        return parcel.asset

    async def create_file(self, offer: IngestRequest) -> File:
        """Take the offer in as a file, durably. Every kind of refusal raises; nothing of it stays."""
        parcel = await self._run(offer)
        if parcel.file is None:
            raise LookupError("every offer taken becomes a file")
        return parcel.file

    async def _run(self, offer: IngestRequest) -> IngestState:
        async with self._local_file(offer) as held:
            parcel = IngestState(offer, held)
            try:
                for step in self.steps:
                    await step(parcel)
            except DatabaseUnavailable:
                raise  # the rows may have been committed unseen: bytes already placed must stay
            except LibraryError:
                if not (isinstance(offer.body, StoredBytes) and offer.body.shared):
                    await self._discard(parcel)
                raise
        if parcel.lost_race:
            await self._discard(parcel)
        return parcel

    def _local_file(self, offer: IngestRequest) -> AbstractAsyncContextManager[LocalCopy]:
        """A local file for the bytes to come, or of those in the store."""
        if isinstance(offer.body, StoredBytes):
            return self._store.open_local(offer.body.key)
        return Spool(self._store.spool, limit=offer.policy.max_bytes)

    async def receive(self, parcel: IngestState) -> None:
        """Read every byte once: counted, hashed, written to the spool. Staged bytes are so already."""
        body, spool = parcel.request.body, parcel.local
        if isinstance(body, StoredBytes):
            parcel.declared, parcel.stored_key = body.declared, body.key
        elif isinstance(spool, Spool):
            parcel.declared = await body.stream_to(spool)
            await spool.finish()
        if spool.size == 0:
            raise EmptyFile(param="file")
        if parcel.request.sha256 not in (None, spool.sha256):
            raise Unreadable("The bytes do not have the checksum that was announced.", param="checksum_sha256")

    async def sniff(self, parcel: IngestState) -> None:
        """Recognise the format by the first bytes. What the sender said decides nothing."""
        parcel.format = recognise(parcel.local.head)

    async def check_policy(self, parcel: IngestState) -> None:
        """Apply the door's policy to what the bytes are."""
        labels, policy = parcel.declared, parcel.request.policy
        declared = labels.declared_type
        if parcel.format is None:
            if not policy.allow_unknown_types or claims_media(declared, labels.name):
                raise UnsupportedKind("The content is not of any accepted file type.", param="file")
            return
        if policy.declared_must_match and declared and not same_type(declared, parcel.format.mime):
            raise TypeMismatch(
                f"Content type not match: declared {declared}, found {parcel.format.mime}.", param="file"
            )
        policy.check(parcel.format.mime, parcel.format.kind, parcel.local.size)

    async def probe(self, parcel: IngestState) -> None:
        """Let the one decoder for the format open the file, and take the facts from it."""
        if parcel.format is None:
            parcel.media_info = _UNKNOWN_TYPE
            return
        facts = await self._sandbox.probe(parcel.local.path, parcel.format)
        if facts.mime != parcel.format.mime:
            parcel.request.policy.check(facts.mime, facts.kind, parcel.local.size)
        parcel.media_info = facts

    async def deduplicate(self, parcel: IngestState) -> None:
        """Find the same content in the same workspace, provided its bytes are really there."""
        spool = parcel.local
        async with self._database.connection() as conn:
            known = await blobs.find(conn, parcel.request.workspace_id, spool.sha256, spool.size)
        if known is None:
            return
        if await self._store.size(known.storage_key) == spool.size:
            parcel.duplicate = known
        else:
            _log.error("blob without its bytes is healed", blob=str(known.id), storage_key=known.storage_key)
            parcel.broken_key = known.storage_key

    async def store_blob(self, parcel: IngestState) -> None:
        """Make new bytes durable in the store, under a key that is noted before."""
        if parcel.duplicate is None and parcel.stored_key is None:
            parcel.stored_key = await store_blob(
                self._database, self._store, partial(self._store.put_file, parcel.local.path)
            )

    async def record(self, parcel: IngestState) -> None:
        """Write the blob, file and asset rows, keep the promise and conclude the receipt: all or nothing."""
        async with self._database.transaction() as conn:
            await write_rows(conn, parcel, self.store_blob)

    async def _discard(self, parcel: IngestState) -> None:
        if parcel.stored_key is not None:
            await discard(self._database, self._store, parcel.stored_key)
