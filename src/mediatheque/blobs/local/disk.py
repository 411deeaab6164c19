"""Blobs as files in a folder."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.local.folders import create_folders, fsync, require
from mediatheque.blobs.local.loan import LocalBlob, open_blob
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.local.reading import pieces
from mediatheque.blobs.store import Parts, Stored, is_key, new_key
from mediatheque.errors import NotFound

SHARDS = tuple(f"{number:02x}" for number in range(256))
"""Folders that a key's first two digits choose between, so that no folder grows huge."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Disk:
    """`root/ab/ab…` for the blob with that key, `root/spool` for bytes in flight, `root/parts` for uploads in parts.

    The folders are made here and never again: one that is missing later means a disk that is not mounted, which is
    an error and not an empty store.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spool = root / "spool"
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="blobs")
        self._places = (self.spool, root / "parts", *(root / shard for shard in SHARDS))
        with map_os_errors():
            create_folders(root, *self._places)
        self.parts: Parts = LocalParts(self, root / "parts")

    def path(self, key: str) -> Path:
        """Where the bytes of `key` are, or would be. Raises `NotFound` for what is no key."""
        if not is_key(key):
            raise NotFound
        return self.root / key[:2] / key

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Fsyncs the file, renames it into its shard and fsyncs the shard, all in one thread hop, to its end."""
        key = key or new_key()
        await run_to_completion(self._run_in_thread(_take_over, path, self.path(key)))
        return key

    async def size(self, key: str) -> int | None:
        """Bytes stored under `key`; `None` says that the store is there and the bytes are not."""
        if not is_key(key):
            return None
        return await self._run_in_thread(_size, self.path(key))

    async def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Exactly `length` bytes from `start`, in chunks of 1 MiB; see `BlobStore.read`."""
        path = self.path(key)
        with map_os_errors():
            try:
                async with aclosing(pieces(self._threads, path, start, length)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except FileNotFoundError as error:
                await self._run_in_thread(require, path.parent)
                raise NotFound from error

    @asynccontextmanager
    async def open_local(self, key: str) -> AsyncIterator[LocalBlob]:
        """The blob's own file, hashed. It is not to be changed."""
        path = self.path(key)
        with map_os_errors():
            try:
                lent = await open_blob(self._threads, path)
            except FileNotFoundError as error:
                await self._run_in_thread(require, path.parent)
                raise NotFound from error
        yield lent

    async def delete(self, key: str) -> None:
        """Removes the file; a missing one is fine, a missing shard is not."""
        if is_key(key):
            await self._run_in_thread(_remove, self.path(key))

    async def list_keys(self) -> AsyncIterator[Stored]:
        """Everything stored, shard by shard; one shard's listing is held at a time."""
        for shard in SHARDS:
            for stored in await self._run_in_thread(_listing, self.root / shard):
                yield stored

    async def ready(self) -> None:
        """Raises `BlobsUnavailable` unless the folders are there and can be written."""
        await self._run_in_thread(require, *self._places[:3], self._places[-1])

    async def close(self) -> None:
        """Waits for work in flight."""
        await self.parts.close()
        await asyncio.to_thread(self._threads.shutdown)

    async def _run_in_thread(self, work: Callable[_P, _T], *args: _P.args, **_: _P.kwargs) -> _T:
        with map_os_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


def _take_over(spooled: Path, target: Path) -> None:
    """The bytes are durable before they have a name, and the name is before anybody is told of it.

    On failure they go back to their owner: they may be parts that were acknowledged long ago.
    """
    fsync(spooled)
    spooled.rename(target)
    try:
        fsync(target.parent)
    except OSError:
        target.rename(spooled)
        raise


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        require(path.parent)
        return None


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    require(path.parent)


def _listing(shard: Path) -> list[Stored]:
    with os.scandir(shard) as entries:
        return [stored for entry in entries if is_key(entry.name) and (stored := _stored(entry))]


def _stored(entry: os.DirEntry[str]) -> Stored | None:
    """`st_ctime` is the moment of the rename; `st_mtime` would be that of the last byte received."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Stored(entry.name, found.st_size, datetime.fromtimestamp(found.st_ctime, UTC))
