"""Blobs as files in a folder."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import structlog

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.config import SLOT_BYTES
from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.local.files import (
    LocalFile,
    check_writable,
    copy_durably,
    create_folders,
    fsync,
    hash_file,
    write_durably,
)
from mediatheque.blobs.local.mark import FolderMark
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.local.reading import read_chunks
from mediatheque.blobs.mark import Mark
from mediatheque.blobs.store import ObjectSummary, Parts, is_key, new_key
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import BlobsUnavailable, NotFound

_log = structlog.get_logger()
SHARDS = tuple(f"{number:02x}" for number in range(256))
"""Names of the folders that blobs are spread over by the first two digits of their keys, to keep each folder small."""


class Disk:
    """`root/ab/ab…` for the blob with that key, `root/spool` for bytes in flight, `root/parts` for multipart uploads.

    The constructor creates the folders if `create` says so, later only `prepare` does: one that is missing means a disk
    that is not mounted, which is an error and not an empty store.
    """

    def __init__(self, root: Path, *, slot_bytes: int = SLOT_BYTES, create: bool = True) -> None:
        self.root = root
        self.location = str(root)
        self.spool = root / "spool"
        self._copies = False
        self._threads = ThreadRunner(16, "blobs")
        self._parts_folder = root / "parts"
        self._mark = FolderMark(root, self._threads)
        self.mark: Mark = self._mark
        self.parts: Parts = LocalParts(self, self._parts_folder, slot_bytes, self._mark.check)
        if create:
            with map_os_errors():
                self._create_folders()

    async def prepare(self) -> None:
        """Create the folders that are missing: a backup may have left empty ones out."""
        await self._threads.run(self._create_folders)

    def local_path(self, key: str) -> Path:
        """Return the path of the blob's file, whether it exists or not. Raises `NotFound` when `key` is not a key."""
        if not is_key(key):
            raise NotFound
        return self.root / key[:2] / key

    async def internal_uri(self, key: str, *, seconds: int) -> str:
        """Return the path below the folder, which is good for any time. Raises `NotFound` when `key` is not a key."""
        return str(self.local_path(key).relative_to(self.root))

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Store the file in one call on a thread: fsync it, rename it into its shard, fsync the shard.

        Where the spool is on another file system (a mount of its own, a link), the file is copied instead.
        A cancelled caller waits until that is done.
        """
        key = key or new_key()
        await run_to_completion(self._threads.run(self._store_durably, path, self.local_path(key)))
        return key

    async def put_bytes(self, content: bytes, key: str) -> None:
        """Write the blob's file in one call on a thread. A cancelled caller waits until that is done."""
        await run_to_completion(self._threads.run(self._write_durably, content, self.local_path(key)))

    async def size(self, key: str) -> int | None:
        """Return the bytes stored under `key`, or None when the blob does not exist."""
        if not is_key(key):
            return None
        return await self._threads.run(self._size, self.local_path(key))

    async def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Yield exactly `length` bytes from `start`, in chunks of 1 MiB; see `BlobStore.read`."""
        path = self.local_path(key)
        async with self._map_missing(path), aclosing(read_chunks(self._threads, path, start, length)) as chunks:
            async for chunk in chunks:
                yield chunk

    @asynccontextmanager
    async def open_local(self, key: str) -> AsyncIterator["DiskCopy"]:
        """Yield the blob's own file, which must not be changed. Raises `NotFound`."""
        if await self.size(key) is None:
            raise NotFound
        yield DiskCopy(self, self.local_path(key))

    async def hash(self, path: Path) -> LocalFile:
        """Hash the blob's file on a thread, which stops at its next chunk when the caller is cancelled."""
        stop = Event()
        try:
            async with self._map_missing(path):
                return await asyncio.wrap_future(self._threads.submit(hash_file, path, stop))
        finally:
            stop.set()

    async def delete(self, key: str) -> None:
        """Delete the file if it exists. Raises `BlobsUnavailable` when its shard does not exist."""
        if is_key(key):
            await self._threads.run(self._delete, self.local_path(key))

    async def list_objects(self, *, allow_missing: bool = False) -> AsyncIterator[ObjectSummary]:
        """Yield every blob, shard by shard; one shard's listing is held at a time."""
        await self._threads.run(self._mark.check)
        for shard in SHARDS:
            if allow_missing and not await self._threads.run((self.root / shard).exists):
                continue
            for summary in await self._threads.run(_list_shard, self.root / shard):
                yield summary

    async def ready(self) -> None:
        """Check the mark, and that folders exist and can be written; raises `BlobsUnavailable` otherwise."""
        await self._threads.run(self._mark.check)
        shards = (self.root / SHARDS[0], self.root / SHARDS[-1])
        await self._threads.run(check_writable, self.spool, self._parts_folder, *shards)

    async def close(self) -> None:
        """Wait for the work in flight."""
        await self.parts.close()
        await self._threads.close()

    @asynccontextmanager
    async def _map_missing(self, path: Path) -> AsyncIterator[None]:
        """Turn a missing file in an existing folder into `NotFound`, and other errors into `BlobsUnavailable`."""
        with map_os_errors():
            try:
                yield
            except FileNotFoundError as error:
                await self._threads.run(self._check_shard, path.parent)
                raise NotFound from error

    def _create_folders(self) -> None:
        create_folders(self.root, self.spool, self._parts_folder, *(self.root / shard for shard in SHARDS))

    def _store_durably(self, spooled: Path, target: Path) -> None:
        """Check the mark, fsync the file, rename it, fsync the folder; only then return.

        When the disk is unmounted after the check, the rename fails, for `spooled` lies on it; a copy, which may be
        made from another disk, is followed by another check.
        """
        self._mark.check()
        try:
            _rename_durably(spooled, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._warn_of_copies()
            copy_durably(spooled, target, self._mark.check)

    def _write_durably(self, content: bytes, target: Path) -> None:
        """Check the mark before and, because the disk may be unmounted meanwhile, after writing."""
        self._mark.check()
        write_durably(target, content)
        try:
            self._mark.check()
        except BlobsUnavailable:
            target.unlink(missing_ok=True)
            raise

    def _warn_of_copies(self) -> None:
        if not self._copies:
            _log.warning("spool_on_another_file_system", spool=str(self.spool), store=self.location)
        self._copies = True

    def _size(self, path: Path) -> int | None:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            self._check_shard(path.parent)
            return None

    def _delete(self, path: Path) -> None:
        self._mark.check()
        path.unlink(missing_ok=True)
        self._check_shard(path.parent)

    def _check_shard(self, shard: Path) -> None:
        """Raise unless what is missing in the shard is missing in the store."""
        check_writable(shard)
        self._mark.check()


class DiskCopy:
    """See `LocalCopy`."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self.path = path
        self._disk = disk

    async def hash(self) -> LocalFile:
        """Read and hash the file. Raises `NotFound` when it has been deleted meanwhile."""
        return await self._disk.hash(self.path)


def _rename_durably(spooled: Path, target: Path) -> None:
    """fsync the file, rename it, fsync the folder.

    On failure the file is renamed back for its owner: it may hold parts that were acknowledged long ago.
    """
    fsync(spooled)
    spooled.rename(target)
    try:
        fsync(target.parent)
    except OSError:
        target.rename(spooled)
        raise


def _list_shard(shard: Path) -> list[ObjectSummary]:
    with os.scandir(shard) as entries:
        return [summary for entry in entries if is_key(entry.name) and (summary := _summary(entry))]


def _summary(entry: os.DirEntry[str]) -> ObjectSummary | None:
    """Return None when the file has been deleted meanwhile.

    `st_ctime` is the time of the rename into the store; `st_mtime` would be that of the last byte received.
    """
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return ObjectSummary(entry.name, status.st_size, datetime.fromtimestamp(status.st_ctime, UTC))
