"""Blobs as objects in a bucket: S3 and what speaks it, Google Cloud Storage, Azure."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.object_store.connection import connect
from mediatheque.blobs.object_store.objects import Objects
from mediatheque.blobs.object_store.put import PART, StreamingPut
from mediatheque.blobs.spool import Spool
from mediatheque.blobs.store import Parts, Stored, is_key, new_key
from mediatheque.errors import NotFound

PUTS_AT_ONCE = 4
"""Files being sent whole, and as many again in parts: each may hold two or three parts in memory."""

_T = TypeVar("_T")


class Bucket:
    """One object a blob, named by its key under the URL's prefix. Each kind of bucket adds `parts`.

    A crash of this process or of the network can leave parts of an unfinished upload in the bucket, which cost money
    and show nowhere: give the bucket a lifecycle rule AbortIncompleteMultipartUpload.
    """

    parts: Parts

    def __init__(self, url: str, spool: Path, *, settle: float = 1.0) -> None:
        """`settle`: seconds without traffic before `close` returns (obstore 0.12 can abort a process that exits)."""
        self.spool = spool
        self.objects = Objects(connect(url))
        self._settle = settle
        self._sent_at = 0.0
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="bucket")
        self._whole, self._in_parts = asyncio.Semaphore(PUTS_AT_ONCE), asyncio.Semaphore(PUTS_AT_ONCE)
        with map_os_errors():
            spool.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Uploads the file, checks the size stored, and removes the file.

        When cancelled, the upload is ended at its next part, or undone if it was past its last.
        """
        key = key or new_key()
        size = (await self._run_in_thread(path.stat)).st_size
        upload = StreamingPut(self.objects.store, self._threads, key, path, size)
        async with self._in_parts if size > PART else self._whole:
            try:
                await run_to_completion(upload.run(), upload.abandon)
            finally:
                self._sent_at = time.monotonic()
        await self._run_in_thread(path.unlink)
        return key

    async def size(self, key: str) -> int | None:
        """Bytes stored under `key`; `None` says that the bucket is there and the bytes are not."""
        return await self.objects.size(key) if is_key(key) else None

    async def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Exactly `length` bytes from `start`, in chunks of about 1 MiB; see `BlobStore.read`."""
        if not is_key(key) or not length:
            if await self.size(key) is None:
                raise NotFound
            return
        async with aclosing(self.objects.read(key, start, length)) as chunks:
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def open_local(self, key: str) -> AsyncIterator[Spool]:
        """The bytes fetched into the spool, hashed on the way; removed at the end."""
        size = await self.size(key)
        if size is None:
            raise NotFound
        async with Spool(self.spool, limit=size) as spool, aclosing(self.read(key, 0, size)) as chunks:
            async for chunk in chunks:
                await spool.write(chunk)
            await spool.finish()
            yield spool

    async def delete(self, key: str) -> None:
        """After this there are no such bytes; there need not have been any."""
        if is_key(key):
            await self.objects.delete(key)

    async def list_keys(self) -> AsyncIterator[Stored]:
        """Everything stored, a page at a time. Objects whose names are not keys are passed over."""
        async for found in self.objects.walk():
            if is_key(found.key):
                yield found

    async def ready(self) -> None:
        """Raises `BlobsUnavailable` unless the bucket answers."""
        await self.objects.ready()

    async def close(self) -> None:
        """Waits for work in flight, then until traffic has settled."""
        await self.parts.close()
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.sleep(self._sent_at + self._settle - time.monotonic())

    async def _run_in_thread(self, work: Callable[[], _T]) -> _T:
        with map_os_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class PlainBucket(Bucket):
    """A bucket of which only the five verbs are known: parts are gathered in a folder beside the spool."""

    def __init__(self, url: str, spool: Path, *, settle: float = 1.0) -> None:
        super().__init__(url, spool, settle=settle)
        folder = spool.with_name("parts")
        with map_os_errors():
            folder.mkdir(mode=0o700, exist_ok=True)
        self.parts = LocalParts(self, folder)
