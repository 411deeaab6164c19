"""Objects in a bucket by their names below the URL's prefix; all through obstore."""

from collections.abc import AsyncGenerator, AsyncIterator

import obstore
from obstore.store import ObjectStore

from mediatheque.blobs.object_store.connection import map_store_errors
from mediatheque.blobs.store import ENDS_EARLY, PIECE, Stored
from mediatheque.errors import BlobsUnavailable, NotFound


class Objects:
    """What a `BlobStore` does with keys, done with names. A missing bucket is never mistaken for an empty one."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    async def size(self, name: str) -> int | None:
        """Bytes of the object; `None` says that the bucket is there and the object is not."""
        try:
            async with map_store_errors("head"):
                return (await obstore.head_async(self.store, name))["size"]
        except NotFound:
            await self.ready()
            return None

    async def read(self, name: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Exactly `length` bytes from `start`, at least one, in chunks of about 1 MiB; see `BlobStore.read`."""
        chunks = await self._open(name, start, length)
        while length > 0:
            async with map_store_errors("read", seconds=None):
                chunk = bytes(await anext(chunks, b""))
            if not chunk:
                raise BlobsUnavailable(ENDS_EARLY)
            length -= len(chunk)
            yield chunk

    async def delete(self, name: str) -> None:
        """After this there is no such object; there need not have been one."""
        try:
            async with map_store_errors("delete"):
                await obstore.delete_async(self.store, name)
        except NotFound:  # said of the object by some stores, and of a missing bucket by all
            await self.ready()

    async def copy(self, name: str, target: str) -> bool:
        """Copies inside the store, up to 5 GiB; whether there was anything to copy."""
        try:
            async with map_store_errors("copy", seconds=None):
                await obstore.copy_async(self.store, name, target)
        except NotFound:
            await self.ready()
            return False
        return True

    async def walk(self, prefix: str | None = None) -> AsyncIterator[Stored]:
        """Every object below `prefix`, a page at a time, with its name as `key`."""
        pages = obstore.list(self.store, prefix, chunk_size=1000)
        while True:
            async with map_store_errors("list", seconds=None):
                page = await anext(pages, None)
            if page is None:
                return
            for found in page:
                yield Stored(found["path"], found["size"], found["last_modified"])

    async def ready(self) -> None:
        """Raises `BlobsUnavailable` unless the bucket answers: lists a prefix under which there is nothing."""
        try:
            async with map_store_errors("ready"):
                await anext(obstore.list(self.store, "ready"), None)
        except NotFound as error:
            raise BlobsUnavailable("The bucket does not exist.") from error

    async def _open(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        try:
            async with map_store_errors("get"):
                got = await obstore.get_async(self.store, name, options={"range": (start, start + length)})
        except NotFound:
            await self.ready()
            raise
        if got.meta["size"] < start + length:
            raise BlobsUnavailable(ENDS_EARLY)
        return aiter(got.stream(min_chunk_size=PIECE))
