"""Upload of one file into a bucket."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from mediatheque.blobs.local.reading import read_chunks
from mediatheque.blobs.object_store.connection import map_store_errors
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import BlobsUnavailable, NotFound

PART_BYTES = 8 * 1024 * 1024
"""Size of one part; a file of up to one part is put whole. S3 allows 10,000 parts: 80 GiB a file."""

MAX_CONCURRENT_PARTS = 2


class _Aborted(Exception):
    """Raised inside the stream that obstore reads: the only way to end an upload without leaving parts behind."""


class StreamingPut:
    """Upload of a file, or of bytes, of `size` under `key`.

    Cancelling `run` would leave parts in the bucket: shield it and call `abort`.
    """

    def __init__(self, store: ObjectStore, threads: ThreadRunner, key: str, source: Path | bytes, size: int) -> None:
        self._store = store
        self._threads = threads
        self._key = key
        self._source = source
        self._size = size
        self._aborted = False

    def abort(self) -> None:
        """End `run` at the next part; past the last one, `run` deletes the object."""
        self._aborted = True

    async def run(self) -> None:
        """Return when the bucket has confirmed the whole file, or when aborted. Raises `BlobsUnavailable`."""
        try:
            async with map_store_errors("put", seconds=None):
                await self._put()
            complete = await self._is_complete()
        except _Aborted:
            return
        except NotFound as error:
            raise BlobsUnavailable("The bucket does not exist.") from error
        if self._aborted or not complete:
            await self._delete()
        if not complete:
            raise BlobsUnavailable("The bucket stored another size than was sent.")

    async def _put(self) -> None:
        if isinstance(self._source, bytes):
            await obstore.put_async(self._store, self._key, self._source, use_multipart=False)
        elif self._size > PART_BYTES:
            await self._put_parts(self._source)
        else:
            whole = b"".join([part async for part in self._parts(self._source)])
            await obstore.put_async(self._store, self._key, whole, use_multipart=False)

    async def _put_parts(self, path: Path) -> None:
        await obstore.put_async(
            self._store,
            self._key,
            self._parts(path),
            use_multipart=True,
            chunk_size=PART_BYTES,
            max_concurrency=MAX_CONCURRENT_PARTS,
        )

    async def _parts(self, path: Path) -> AsyncIterator[bytes]:
        async with aclosing(read_chunks(self._threads, path, 0, self._size, PART_BYTES)) as parts:
            async for part in parts:
                if self._aborted:
                    raise _Aborted
                yield part

    async def _is_complete(self) -> bool:
        async with map_store_errors("head"):
            return (await obstore.head_async(self._store, self._key))["size"] == self._size

    async def _delete(self) -> None:
        async with map_store_errors("delete"):
            await obstore.delete_async(self._store, self._key)
