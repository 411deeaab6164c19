"""The one way in. Whatever door bytes come through, they take the same steps in the same order.

Bytes wait in a spool file until the last step but one: what is refused leaves nothing behind, and a decoder can
seek in them. Bytes come before rows: a crash in between leaves bytes that only their placement names, which the sweep
collects, and never a row without its bytes.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import structlog

from mediatheque.blobs import BlobStore, Loan
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
from mediatheque.library.ingest.request import Offer, Staged
from mediatheque.library.ingest.state import Parcel
from mediatheque.library.storage import discard, place
from mediatheque.media.formats import claims_media, same_type
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import sniff as recognise
from mediatheque.model import Asset, Facts, File, Kind
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs

Step = Callable[[Parcel], Awaitable[None]]
_STRANGER = Facts(mime="application/octet-stream", kind=Kind.DOCUMENT)
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
            self.admit,
            self.probe,
            self.deduplicate,
            self.place,
            self.record,
        )

    async def take(self, offer: Offer) -> Asset:
        """Take the offer in as an asset, durably. Every kind of refusal raises; nothing of it stays."""
        parcel = await self._through_all_steps(offer)
        if parcel.asset is None:
            raise LookupError("this offer does not describe an asset")
        return parcel.asset

    async def keep(self, offer: Offer) -> File:
        """Take the offer in as a file, durably. Every kind of refusal raises; nothing of it stays."""
        parcel = await self._through_all_steps(offer)
        if parcel.file is None:
            raise LookupError("every offer taken becomes a file")
        return parcel.file

    async def _through_all_steps(self, offer: Offer) -> Parcel:
        async with self._held(offer) as held:
            parcel = Parcel(offer, held)
            try:
                for step in self.steps:
                    await step(parcel)
            except DatabaseUnavailable:
                raise  # the rows may have been committed unseen: bytes already placed must stay
            except LibraryError:
                if not (isinstance(offer.body, Staged) and offer.body.shared):
                    await self._discard(parcel)
                raise
        if parcel.placed_in_vain:
            await self._discard(parcel)
        return parcel

    def _held(self, offer: Offer) -> AbstractAsyncContextManager[Loan]:
        """A local file for the bytes to come, or of those in the store."""
        if isinstance(offer.body, Staged):
            return self._store.borrow(offer.body.key)
        return Spool(self._store.spool, limit=offer.policy.max_bytes)

    async def receive(self, parcel: Parcel) -> None:
        """Read every byte once: counted, hashed, written to the spool. Staged bytes are so already."""
        body, spool = parcel.offer.body, parcel.spool
        if isinstance(body, Staged):
            parcel.labels, parcel.placed_key = body.labels, body.key
        elif isinstance(spool, Spool):
            parcel.labels = await body.pour(spool)
            await spool.finish()
        if spool.size == 0:
            raise EmptyFile(param="file")
        if parcel.offer.sha256 not in (None, spool.sha256):
            raise Unreadable("The bytes do not have the checksum that was announced.", param="checksum_sha256")

    async def sniff(self, parcel: Parcel) -> None:
        """Recognise the format by the first bytes. What the sender said decides nothing."""
        parcel.format = recognise(parcel.spool.head)

    async def admit(self, parcel: Parcel) -> None:
        """Apply the door's policy to what the bytes are."""
        labels, policy = parcel.labels, parcel.offer.policy
        declared = labels.declared_type
        if parcel.format is None:
            if not policy.strangers or claims_media(declared, labels.name):
                raise UnsupportedKind("The content is not of any accepted file type.", param="file")
            return
        if policy.declared_must_match and declared and not same_type(declared, parcel.format.mime):
            raise TypeMismatch(
                f"Content type not match: declared {declared}, found {parcel.format.mime}.", param="file"
            )
        policy.admit(parcel.format.mime, parcel.format.kind, parcel.spool.size)

    async def probe(self, parcel: Parcel) -> None:
        """Let the one decoder for the format open the file, and take the facts from it."""
        if parcel.format is None:
            parcel.facts = _STRANGER
            return
        facts = await self._sandbox.probe(parcel.spool.path, parcel.format)
        if facts.mime != parcel.format.mime:
            parcel.offer.policy.admit(facts.mime, facts.kind, parcel.spool.size)
        parcel.facts = facts

    async def deduplicate(self, parcel: Parcel) -> None:
        """Find the same content in the same workspace, provided its bytes are really there."""
        spool = parcel.spool
        async with self._database.connection() as conn:
            known = await blobs.find(conn, parcel.offer.workspace_id, spool.sha256, spool.size)
        if known is None:
            return
        if await self._store.size(known.storage_key) == spool.size:
            parcel.known = known
        else:
            _log.error("blob without its bytes is healed", blob=str(known.id), storage_key=known.storage_key)
            parcel.broken_key = known.storage_key

    async def place(self, parcel: Parcel) -> None:
        """Make new bytes durable in the store, under a key that is noted before."""
        if parcel.known is None and parcel.placed_key is None:
            parcel.placed_key = await place(self._database, self._store, partial(self._store.adopt, parcel.spool.path))

    async def record(self, parcel: Parcel) -> None:
        """Write the blob, file and asset rows, keep the promise and conclude the receipt: all or nothing."""
        async with self._database.transaction() as conn:
            await write_rows(conn, parcel, self.place)

    async def _discard(self, parcel: Parcel) -> None:
        if parcel.placed_key is not None:
            await discard(self._database, self._store, parcel.placed_key)
