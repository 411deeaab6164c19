"""Multipart uploads for stores that have none of their own."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.local.files import remove_folder
from mediatheque.blobs.local.parts_folder import PartsFolder
from mediatheque.blobs.store import BlobStore, is_key
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import UploadedPart

_MULTIPART_ID = "folder"
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 60, 0.05


class LocalParts:
    """A folder for each key in `folder`, which must exist, on the file system of the store's spool.

    Parts of `slot_bytes` each, but for the last, are joined without a copy; if one of them was written again, only
    that one is copied. Servers that share a bucket must share this folder too.
    """

    def __init__(
        self, store: BlobStore, folder: Path, slot_bytes: int, check: Callable[[], None] = lambda: None
    ) -> None:
        """`check` raises when the folder lies in another store; by default it may lie in any."""
        self._store = store
        self._check = check
        self._folder = folder
        self._slot_bytes = slot_bytes
        self._threads = ThreadRunner(4, "parts")

    async def create(self, key: str) -> str:
        """Create the folder, durably."""
        await self._threads.run(self._check)
        await self._threads.run(self._folder_of(key).create)
        return _MULTIPART_ID

    async def upload_part(self, key: str, multipart_id: str, number: int, path: Path, size: int) -> str:
        """Copy the file in and fsync it. A cancelled write has changed nothing or is complete.

        Raises `BlobsUnavailable` while the parts are being joined.
        """
        stop = Event()
        writing = self._threads.run(self._folder_of(key).write_part, number, path, size, stop)
        return await run_to_completion(writing, stop.set)

    async def complete(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Join the parts into one file and put it into the store, unless the store has it already."""
        total = sum(part.size for part in parts)
        if await self._store.size(key) != total:
            try:
                await self._join_into_store(self._folder_of(key), key, parts)
            except NotFound:  # a concurrent call may have completed the upload
                if await self._store.size(key) != total:
                    raise
        await self.abort(key, multipart_id)

    async def abort(self, key: str, multipart_id: str) -> None:
        """Remove the folder."""
        if is_key(key):
            await self._threads.run(self._check)
            await self._threads.run(remove_folder, self._folder_of(key).path)

    async def close(self) -> None:
        """Wait for the work in flight."""
        await self._threads.close()

    async def _join_into_store(self, folder: PartsFolder, key: str, parts: Sequence[UploadedPart]) -> None:
        stop = Event()
        try:
            await self._lock(folder)
            joined = await run_to_completion(self._threads.run(folder.join, parts, stop), stop.set)
            await self._store.put_file(joined, key)
        finally:
            folder.unlock()

    async def _lock(self, folder: PartsFolder) -> None:
        """Wait some seconds for parts that are being written."""
        for _ in range(_LOCK_TRIES):
            if await run_to_completion(self._threads.run(folder.try_lock)):
                return
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        raise BlobsUnavailable("Parts are still being written.")

    def _folder_of(self, key: str) -> PartsFolder:
        if not is_key(key):
            raise NotFound
        return PartsFolder(self._folder / key, self._slot_bytes, self._check)
