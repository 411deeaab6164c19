"""A blob of a local folder, lent as it lies."""

import asyncio
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import msgspec

from mediatheque.blobs.store import HEAD, PIECE


class LocalBlob(msgspec.Struct):
    """See `LocalCopy`."""

    path: Path
    size: int
    sha256: bytes
    head: bytes


async def open_blob(threads: ThreadPoolExecutor, path: Path) -> LocalBlob:
    """The file at `path`, hashed on a thread, which stops at its next piece when the caller is cancelled.

    Raises `OSError` as it comes.
    """
    stop = Event()
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, _examined, path, stop)
    finally:
        stop.set()


def _examined(path: Path, stop: Event) -> LocalBlob:
    hashed, size, piece = hashlib.sha256(), 0, memoryview(bytearray(PIECE))
    with path.open("rb", buffering=0) as file:
        head = os.pread(file.fileno(), HEAD, 0)
        while not stop.is_set() and (count := file.readinto(piece)):
            hashed.update(piece[:count])
            size += count
    return LocalBlob(path, size, hashed.digest(), head)
