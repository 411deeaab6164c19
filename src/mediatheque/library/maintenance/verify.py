"""Whether rows and bytes agree, found out beside servers that go on working.

Two rules of the rest of the library make that possible without locks. Bytes are named by a row (a placement, an upload,
a blob) before they are stored and until they are removed: so bytes that were seen, then were named by nothing, then
were still there are wrong however young they are. And rows of a blob are removed before its bytes: so a row that is
still there after its bytes were not is wrong. Nothing else needs a second look, for the bytes under a key never change.
"""

import asyncio
import enum
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec

from mediatheque.blobs import BlobStore
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import Blob
from mediatheque.records.database import Database
from mediatheque.records.storage import owners
from mediatheque.records.storage import verification as rows

_PAGE = 500
_AT_ONCE = 8


class Fault(enum.StrEnum):
    """What can be wrong."""

    MISSING = "missing bytes"
    WRONG_SIZE = "wrong size"
    DAMAGED = "damaged bytes"
    UNREADABLE = "unreadable bytes"
    UNKNOWN = "unknown bytes"
    UNREFERENCED = "unused blob"
    CROSS_WORKSPACE = "mixed workspaces"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: with a blob's bytes, with bytes that nothing names, or as `detail`."""

    fault: Fault
    blob: Blob | None = None
    storage_key: str | None = None
    detail: str = ""


class Verification:
    """One pass over all blobs and all that is stored. `quick` believes bytes of the right size, and reads none.

    Reads eight blobs at a time and holds a MiB or two of each. The counts grow as the findings come.
    """

    def __init__(self, database: Database, store: BlobStore, *, quick: bool = False) -> None:
        self._database = database
        self._store = store
        self._quick = quick
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self.blobs = 0
        self.bytes_read = 0
        self.stored = 0

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything that is wrong. Raises `Unavailable` where the database or the store does not answer."""
        await self._store.ready()
        async for finding in self._check_blobs():
            yield finding
        async for finding in self._check_store():
            yield finding

    async def _check_blobs(self) -> AsyncIterator[Finding]:
        page = await self._page(None)
        while page:
            for finding in await asyncio.gather(*map(self._check_blob, page)):
                if finding:
                    yield finding
            for finding in await self._check_rows(page):
                yield finding
            page = await self._page(page[-1])

    async def _page(self, after: Blob | None) -> list[Blob]:
        async with self._database.connection() as conn:
            page = await rows.page(conn, after.id if after else None, _PAGE)
        self.blobs += len(page)
        return page

    async def _check_blob(self, blob: Blob) -> Finding | None:
        async with self._turns:
            fault = await self._fault(blob)
        if fault is None:
            return None
        async with self._database.connection() as conn:
            named = await rows.exists(conn, blob)
        return Finding(fault=fault, blob=blob, storage_key=blob.storage_key) if named else None

    async def _fault(self, blob: Blob) -> Fault | None:
        size = await self._store.size(blob.storage_key)
        if size is None:
            return Fault.MISSING
        if size != blob.size:
            return Fault.WRONG_SIZE
        if self._quick:
            return None
        try:
            return None if await self._hash(blob) == blob.sha256 else Fault.DAMAGED
        except NotFound:
            return Fault.MISSING
        except BlobsUnavailable:
            await self._store.ready()  # else it is not this blob that cannot be read
            return Fault.UNREADABLE

    async def _hash(self, blob: Blob) -> bytes:
        digest = hashlib.sha256()
        async with aclosing(self._store.read(blob.storage_key, 0, blob.size)) as chunks:
            async for chunk in chunks:
                await asyncio.to_thread(digest.update, chunk)
                self.bytes_read += len(chunk)
        return digest.digest()

    async def _check_rows(self, page: list[Blob]) -> list[Finding]:
        blobs = {blob.id: blob for blob in page}
        async with self._database.connection() as conn:
            neglected = await rows.unreferenced(conn, list(blobs))
            strangers = await rows.cross_workspace(conn, list(blobs))
        return [
            *(Finding(fault=Fault.UNREFERENCED, blob=blobs[id]) for id in neglected),
            *(Finding(fault=Fault.CROSS_WORKSPACE, detail=said) for said in strangers),
        ]

    async def _check_store(self) -> AsyncIterator[Finding]:
        keys: list[str] = []
        async for stored in self._store.list_objects():
            self.stored += 1
            keys.append(stored.key)
            if len(keys) == _PAGE:
                for finding in await self._check_keys(keys):
                    yield finding
                keys = []
        for finding in await self._check_keys(keys):
            yield finding

    async def _check_keys(self, keys: list[str]) -> list[Finding]:
        async with self._database.connection() as conn:
            unnamed = await owners.unknown_keys(conn, keys)
        sizes = {key: await self._store.size(key) for key in sorted(unnamed)}
        return [
            Finding(fault=Fault.UNKNOWN, storage_key=key, detail=f"{size} bytes")
            for key, size in sizes.items()
            if size is not None
        ]
