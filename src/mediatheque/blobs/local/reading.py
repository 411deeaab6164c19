"""A local file as a stream of pieces, read on threads."""

import asyncio
import os
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mediatheque.blobs.store import ENDS_EARLY, PIECE
from mediatheque.errors import BlobsUnavailable


class ByteReader:
    """A file that is opened by the first read. Blocking; one call at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def read(self, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`."""
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._fd, length, start)

    def close(self) -> None:
        """Closes the file if it was opened."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


async def pieces(
    threads: ThreadPoolExecutor, path: Path, start: int, length: int, piece: int = PIECE
) -> AsyncGenerator[bytes, None]:
    """Exactly `length` bytes of the file, one thread hop a piece, the first of which opens it.

    Raises `OSError` as it comes, and `BlobsUnavailable` for a file that ends early.
    """
    source = ByteReader(path)
    hop = threads.submit(source.read, start, min(length, piece))
    try:
        while chunk := await asyncio.wrap_future(hop):
            yield chunk
            start, length = start + len(chunk), length - len(chunk)
            hop = threads.submit(source.read, start, min(length, piece))
        if length:
            raise BlobsUnavailable(ENDS_EARLY)
    finally:
        # After a cancellation the thread may still be reading: the file is closed behind it, not under it.
        hop.add_done_callback(lambda _: source.close())
