"""Verification that rows and bytes agree, while servers go on working.

Two rules of the rest of the library make it possible without locks. A row (a pending write, an upload, a blob) names
bytes before they are stored and until they are deleted: so bytes that were listed, were then named by no row, and still
existed after that are wrong, however young they are. And the rows of a blob are deleted before its bytes: so a row that
still exists after its bytes were missing is wrong. Nothing else needs a second look, since the bytes under a key never
change.
"""

import asyncio
import enum
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import msgspec

from mediatheque.blobs import BlobStore
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.library.maintenance.lost_work import LostWork
from mediatheque.model import Blob
from mediatheque.records.accounts import usage
from mediatheque.records.database import Database
from mediatheque.records.storage import owners
from mediatheque.records.storage import verification as rows

_PAGE = 500
_MAX_CONCURRENT = 8


class FindingKind(enum.StrEnum):
    """Kinds of findings, as `mediatheque verify` prints them."""

    MISSING = "missing bytes"
    WRONG_SIZE = "wrong size"
    DAMAGED = "damaged bytes"
    UNREADABLE = "unreadable bytes"
    UNKNOWN = "unknown bytes"
    UNREFERENCED = "unused blob"
    CROSS_WORKSPACE = "mixed workspaces"
    NOT_EMBEDDED = "not embedded"
    NOT_COMPLETED = "not completed"
    MISCOUNTED = "wrong usage"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: with a blob's bytes, with bytes that no row names, or as `detail` says.

    `promised` is the asset, or the upload, that waits for work without a task; `workspace_id` is of a wrong counter.
    """

    fault: FindingKind
    promised: UUID | None = None
    workspace_id: UUID | None = None
    blob: Blob | None = None
    storage_key: str | None = None
    detail: str = ""


class Verification:
    """One pass over all blobs, and over all stored keys. `quick` compares sizes and reads no bytes.

    It reads eight blobs at a time and holds one or two MiB of each. The counts are complete after the last finding.
    """

    def __init__(self, database: Database, store: BlobStore, *, quick: bool = False) -> None:
        self._database = database
        self._store = store
        self._quick = quick
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)
        self.blobs = 0
        self.bytes_read = 0
        self.stored = 0

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield every finding. Raises Unavailable when the database or the store does not answer."""
        await self._store.ready()
        async for finding in self._check_blobs():
            yield finding
        async for finding in self._check_store():
            yield finding
        async for finding in self._check_promises():
            yield finding
        for finding in await self._check_usage():
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
        async with self._slots:
            fault = await self._fault(blob)
        if fault is None:
            return None
        async with self._database.connection() as conn:
            exists = await rows.exists(conn, blob)
        return Finding(fault=fault, blob=blob, storage_key=blob.storage_key) if exists else None

    async def _fault(self, blob: Blob) -> FindingKind | None:
        size = await self._store.size(blob.storage_key)
        if size is None:
            return FindingKind.MISSING
        if size != blob.size:
            return FindingKind.WRONG_SIZE
        if self._quick:
            return None
        try:
            return None if await self._hash(blob) == blob.sha256 else FindingKind.DAMAGED
        except NotFound:
            return FindingKind.MISSING
        except BlobsUnavailable:
            await self._store.ready()  # raises when the whole store is away, and not this blob alone
            return FindingKind.UNREADABLE

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
            unreferenced = await rows.unreferenced(conn, list(blobs))
            cross_workspace = await rows.cross_workspace(conn, list(blobs))
        return [
            *(Finding(fault=FindingKind.UNREFERENCED, blob=blobs[id]) for id in unreferenced),
            *(Finding(fault=FindingKind.CROSS_WORKSPACE, detail=detail) for detail in cross_workspace),
        ]

    async def _check_promises(self) -> AsyncIterator[Finding]:
        lost = LostWork(self._database)
        async for id in lost.assets():
            yield Finding(fault=FindingKind.NOT_EMBEDDED, promised=id, detail=f"asset {id} has no vectors and no task")
        for id in await lost.uploads():
            yield Finding(fault=FindingKind.NOT_COMPLETED, promised=id, detail=f"upload {id} has no task")

    async def _check_usage(self) -> list[Finding]:
        async with self._database.connection() as conn:
            miscounted = await usage.list_miscounted(conn)
        return [
            Finding(
                fault=FindingKind.MISCOUNTED,
                workspace_id=workspace_id,
                detail=f"workspace {workspace_id}: {kind}: {missing.bytes} bytes, {missing.assets} assets not counted",
            )
            for workspace_id, kind, missing in miscounted
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
            Finding(fault=FindingKind.UNKNOWN, storage_key=key, detail=f"{size} bytes")
            for key, size in sizes.items()
            if size is not None
        ]
