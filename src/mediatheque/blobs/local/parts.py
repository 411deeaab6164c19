"""Uploads in parts, for stores that have no such thing of their own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import ParamSpec, Protocol, TypeVar

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.local.folders import remove
from mediatheque.blobs.local.parts_folder import PartsFolder
from mediatheque.blobs.store import is_key
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import UploadedPart

SLOT_BYTES = 10 * 1024 * 1024
"""Bytes of each part that both of fal's clients send (fal-client 1.0.3, @fal-ai/client 1.10), but for the last."""

_HANDLE = "folder"
_TRIES, _PAUSE = 60, 0.05

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Adopts(Protocol):
    """What the joined file is handed to."""

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """See `BlobStore`."""
        ...

    async def size(self, key: str) -> int | None:
        """See `BlobStore`."""
        ...


class LocalParts:
    """A folder for each key in `folder`, which is on the file system of the store's spool and exists.

    Parts of `stride` bytes each, but for the last, are joined without being copied; what a rewritten one of them
    costs is the copy of that one. Servers that share a bucket must share this folder too.
    """

    def __init__(self, store: Adopts, folder: Path, stride: int = SLOT_BYTES) -> None:
        self._store = store
        self._folder = folder
        self._stride = stride
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="parts")

    async def begin(self, key: str) -> str:
        """Makes the folder, durably."""
        await self._run_in_thread(self._of(key).make)
        return _HANDLE

    async def write(self, key: str, handle: str, number: int, path: Path, size: int) -> str:
        """Copies the file in and fsyncs it. When cancelled, nothing has changed or all is done.

        Raises `BlobsUnavailable` while the parts are being joined.
        """
        stop = Event()
        return await run_to_completion(self._run_in_thread(self._of(key).keep, number, path, size, stop), stop.set)

    async def complete(self, key: str, handle: str, pieces: Sequence[UploadedPart]) -> None:
        """Hands one file of all the pieces to the store, unless the store has it already."""
        total = sum(piece.size for piece in pieces)
        if await self._store.size(key) != total:
            try:
                await self._join(self._of(key), key, pieces)
            except NotFound:  # a twin of this call may have been first
                if await self._store.size(key) != total:
                    raise
        await self.abort(key, handle)

    async def abort(self, key: str, handle: str) -> None:
        """Removes the folder."""
        if is_key(key):
            await self._run_in_thread(remove, self._of(key).path)

    async def close(self) -> None:
        """Waits for work in flight."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _join(self, folder: PartsFolder, key: str, pieces: Sequence[UploadedPart]) -> None:
        stop = Event()
        try:
            await self._locked(folder)
            joined = await run_to_completion(self._run_in_thread(folder.join, pieces, stop), stop.set)
            await self._store.put_file(joined, key)
        finally:
            folder.unlock()

    async def _locked(self, folder: PartsFolder) -> None:
        """Waits some seconds for parts that are being written."""
        for _ in range(_TRIES):
            if await run_to_completion(self._run_in_thread(folder.lock)):
                return
            await asyncio.sleep(_PAUSE)
        raise BlobsUnavailable("Parts are still being written.")

    def _of(self, key: str) -> PartsFolder:
        if not is_key(key):
            raise NotFound
        return PartsFolder(self._folder / key, self._stride)

    async def _run_in_thread(self, work: Callable[_P, _T], *args: _P.args, **_: _P.kwargs) -> _T:
        with map_os_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
