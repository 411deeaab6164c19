"""One file on its way into a bucket."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from mediatheque.blobs.local.reading import pieces
from mediatheque.blobs.object_store.connection import map_store_errors
from mediatheque.errors import BlobsUnavailable, NotFound

PART = 8 * 1024 * 1024
"""Bytes in one part; a file of up to one part is put whole. S3 allows 10,000 parts: 80 GiB a file."""

PARTS_AT_ONCE = 2


class _Abandoned(Exception):
    """Raised inside the stream that obstore reads: the one way to end an upload that leaves no parts behind."""


class StreamingPut:
    """Puts the file under `key`. Cancelling `run` would leave parts in the bucket: shield it and call `abandon`."""

    def __init__(self, store: ObjectStore, threads: ThreadPoolExecutor, key: str, path: Path, size: int) -> None:
        self._store = store
        self._threads = threads
        self._key = key
        self._path = path
        self._size = size
        self._abandoned = False

    def abandon(self) -> None:
        """`run` ends at the next part; past the last one, it takes the object back."""
        self._abandoned = True

    async def run(self) -> None:
        """Returns when the bucket has confirmed the whole file, or when abandoned. Raises `BlobsUnavailable`."""
        try:
            async with map_store_errors("put", seconds=None):
                await (self._put_parts() if self._size > PART else self._put_whole())
            whole = await self._arrived_whole()
        except _Abandoned:
            return
        except NotFound as error:
            raise BlobsUnavailable("The bucket does not exist.") from error
        if self._abandoned or not whole:
            await self._take_back()
        if not whole:
            raise BlobsUnavailable("The bucket kept another size than it was sent.")

    async def _put_parts(self) -> None:
        await obstore.put_async(
            self._store,
            self._key,
            self._parts(),
            use_multipart=True,
            chunk_size=PART,
            max_concurrency=PARTS_AT_ONCE,
        )

    async def _put_whole(self) -> None:
        whole = b"".join([part async for part in self._parts()])
        await obstore.put_async(self._store, self._key, whole, use_multipart=False)

    async def _parts(self) -> AsyncIterator[bytes]:
        async with aclosing(pieces(self._threads, self._path, 0, self._size, PART)) as parts:
            async for part in parts:
                if self._abandoned:
                    raise _Abandoned
                yield part

    async def _arrived_whole(self) -> bool:
        async with map_store_errors("head"):
            return (await obstore.head_async(self._store, self._key))["size"] == self._size

    async def _take_back(self) -> None:
        async with map_store_errors("delete"):
            await obstore.delete_async(self._store, self._key)
