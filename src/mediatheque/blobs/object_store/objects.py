"""Objects in a bucket by their names below the URL's prefix, through obstore."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit, urlunsplit

import obstore
from obstore.store import ObjectStore, S3Store

from mediatheque.blobs.object_store.connection import map_store_errors
from mediatheque.blobs.object_store.mark import BucketMark, check_bucket
from mediatheque.blobs.store import CHUNK_BYTES, TRUNCATED_MESSAGE, ObjectSummary
from mediatheque.errors import BlobsUnavailable, NotFound


class Objects:
    """The operations of a `BlobStore`, on object names.

    An object is missing only in a bucket that exists and has the expected mark: another bucket is an error.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.mark = BucketMark(store)

    async def size(self, name: str) -> int | None:
        """Return the size in bytes, or None when the bucket exists and the object does not."""
        try:
            async with map_store_errors("head"):
                return (await obstore.head_async(self.store, name))["size"]
        except NotFound:
            await self.ready()
            return None

    async def read(self, name: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Yield exactly `length` bytes, at least one, in chunks of about 1 MiB; see `BlobStore.read`."""
        chunks = await self._open(name, start, length)
        while length > 0:
            async with map_store_errors("read", seconds=None):
                chunk = bytes(await anext(chunks, b""))
            if not chunk:
                raise BlobsUnavailable(TRUNCATED_MESSAGE)
            length -= len(chunk)
            yield chunk

    async def presign(self, name: str, seconds: int) -> str:
        """Return path and query of a URL on the bucket's endpoint with which anyone can GET the object."""
        async with map_store_errors("presign"):
            url = await obstore.sign_async(cast(S3Store, self.store), "GET", name, timedelta(seconds=seconds))
        return urlunsplit(("", "", *urlsplit(url)[2:4], "")).lstrip("/")

    async def delete(self, name: str) -> None:
        """Delete the object, if it exists."""
        await self.mark.check()
        try:
            async with map_store_errors("delete"):
                await obstore.delete_async(self.store, name)
        except NotFound:  # some stores say this of a missing object, all say it of a missing bucket
            await self.ready()

    async def copy(self, name: str, target: str) -> bool:
        """Copy inside the store, up to 5 GiB. Return whether the object existed."""
        await self.mark.check()
        try:
            async with map_store_errors("copy", seconds=None):
                await obstore.copy_async(self.store, name, target)
        except NotFound:
            await self.ready()
            return False
        return True

    async def list_objects(self, prefix: str | None = None) -> AsyncIterator[ObjectSummary]:
        """Yield every object below `prefix`, a page at a time, with its name as `key`."""
        await self.mark.check()
        pages = obstore.list(self.store, prefix, chunk_size=1000)
        while True:
            async with map_store_errors("list", seconds=None):
                page = await anext(pages, None)
            if page is None:
                return
            for entry in page:
                yield ObjectSummary(entry["path"], entry["size"], entry["last_modified"])

    async def ready(self) -> None:
        """Raise `BlobsUnavailable` when the bucket does not answer, `StoreMismatch` without the expected mark."""
        if self.mark.expected is None:
            await check_bucket(self.store)
        else:
            await self.mark.check_now()

    async def _open(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        try:
            async with map_store_errors("get"):
                answer = await obstore.get_async(self.store, name, options={"range": (start, start + length)})
        except NotFound:
            await self.ready()
            raise
        if answer.meta["size"] < start + length:
            raise BlobsUnavailable(TRUNCATED_MESSAGE)
        return aiter(answer.stream(min_chunk_size=CHUNK_BYTES))
