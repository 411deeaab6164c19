"""Blobs as objects in a bucket: S3 and compatible servers, Google Cloud Storage, Azure."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.config import SLOT_BYTES
from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.mark import Mark
from mediatheque.blobs.object_store.connection import connect
from mediatheque.blobs.object_store.objects import Objects
from mediatheque.blobs.object_store.put import PART_BYTES, StreamingPut
from mediatheque.blobs.spool import Spool
from mediatheque.blobs.store import ObjectSummary, Parts, is_key, new_key
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import NotFound

MAX_CONCURRENT_PUTS = 4
"""Files being sent whole, and as many again in parts: each may hold two or three parts in memory."""


class Bucket:
    """One object per blob, named by its key under the URL's prefix. Each kind of bucket adds `parts`.

    A crash of this process or of the network can leave parts of an unfinished upload in the bucket, which cost money
    and appear in no listing: give the bucket a lifecycle rule AbortIncompleteMultipartUpload.
    """

    parts: Parts

    def __init__(self, url: str, spool: Path, *, settle: float = 1.0) -> None:
        """`settle`: seconds without traffic before `close` returns (obstore 0.12 can abort a process that exits)."""
        self.spool = spool
        self.objects = Objects(connect(url))
        self.mark: Mark = self.objects.mark
        self.location = url.partition("?")[0]
        self._settle = settle
        self._sent_at = 0.0
        self._threads = ThreadRunner(4, "bucket")
        self._whole, self._in_parts = asyncio.Semaphore(MAX_CONCURRENT_PUTS), asyncio.Semaphore(MAX_CONCURRENT_PUTS)
        with map_os_errors():
            spool.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Upload the file, compare the size stored, and delete the file.

        A cancelled upload is aborted at its next part, or deleted again if it was past its last.
        """
        key = key or new_key()
        size = (await self._threads.run(path.stat)).st_size
        await self._put(key, path, size)
        await self._threads.run(path.unlink)
        return key

    async def put_bytes(self, content: bytes, key: str) -> None:
        """Upload the bytes in one request, and compare the size stored. A cancelled upload is deleted again."""
        await self._put(key, content, len(content))

    async def _put(self, key: str, source: Path | bytes, size: int) -> None:
        upload = StreamingPut(self.objects.store, self._threads, key, source, size)
        in_parts = size > PART_BYTES and isinstance(source, Path)
        async with self._in_parts if in_parts else self._whole:
            await self.objects.mark.check()
            try:
                await run_to_completion(upload.run(), upload.abort)
            finally:
                self._sent_at = time.monotonic()

    async def size(self, key: str) -> int | None:
        """Return the bytes stored under `key`, or None when the bucket exists and the blob does not."""
        return await self.objects.size(key) if is_key(key) else None

    async def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Yield exactly `length` bytes from `start`, in chunks of about 1 MiB; see `BlobStore.read`."""
        if not is_key(key) or not length:
            if await self.size(key) is None:
                raise NotFound
            return
        async with aclosing(self.objects.read(key, start, length)) as chunks:
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def open_local(self, key: str) -> AsyncIterator["BucketCopy"]:
        """Fetch the blob into the spool folder; delete that copy at the end. Raises `NotFound`."""
        size = await self.size(key)
        if size is None:
            raise NotFound
        async with Spool(self.spool, limit=size) as spool, aclosing(self.read(key, 0, size)) as chunks:
            async for chunk in chunks:
                await spool.write(chunk)
            await spool.finish()
            yield BucketCopy(spool)

    def local_path(self, key: str) -> None:
        """Return None: blobs are not local files."""

    async def internal_uri(self, key: str, *, seconds: int) -> str:
        """Return path and query of a presigned URL. Raises `NotFound` when `key` is not a key."""
        if not is_key(key):
            raise NotFound
        return await self.objects.presign(key, seconds)

    async def delete(self, key: str) -> None:
        """Delete the blob, if it exists."""
        if is_key(key):
            await self.objects.delete(key)

    async def list_objects(self, *, allow_missing: bool = False) -> AsyncIterator[ObjectSummary]:
        """Yield every blob, a page at a time. Objects whose names are not keys are skipped."""
        async for summary in self.objects.list_objects():
            if is_key(summary.key):
                yield summary

    async def prepare(self) -> None:
        """Do nothing: a bucket has no folders."""

    async def ready(self) -> None:
        """Check that the bucket answers and has the expected mark; raises `BlobsUnavailable` otherwise."""
        await self.objects.ready()

    async def close(self) -> None:
        """Wait for the work in flight, then until traffic has settled."""
        await self.parts.close()
        await self._threads.close()
        await asyncio.sleep(max(self._sent_at, self.objects.mark.used_at) + self._settle - time.monotonic())


class BucketCopy:
    """See `LocalCopy`."""

    def __init__(self, spool: Spool) -> None:
        self.path = spool.path
        self._spool = spool

    async def hash(self) -> Spool:
        """Return the spool, which hashed the bytes while they were fetched."""
        return self._spool


class PlainBucket(Bucket):
    """A bucket through obstore alone: the parts of multipart uploads are gathered in a folder beside the spool."""

    def __init__(self, url: str, spool: Path, *, slot_bytes: int = SLOT_BYTES, settle: float = 1.0) -> None:
        super().__init__(url, spool, settle=settle)
        folder = spool.with_name("parts")
        with map_os_errors():
            folder.mkdir(mode=0o700, exist_ok=True)
        self.parts = LocalParts(self, folder, slot_bytes)
