"""Bytes of local files: at once when in memory, else through threads; no disk stops the event loop."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from mediatheque.errors import BlobsUnavailable

CHUNK_BYTES = 1024 * 1024
"""Bytes a pread; over loopback 1 MiB is 1.5 times as fast as 256 KiB and 4 times as fast as 64 KiB."""
MAX_CACHED_READ = 256 * 1024
"""Largest file that is copied out of the page cache instead of being handed to the server as a path."""

RangeReader = Callable[[int, int], AsyncIterator[bytes]]
"""`read(start, length)` yields exactly these bytes of a file."""


def read_cached(path: Path, size: int) -> bytes | None:
    """The whole file if it is small and in the page cache, without ever waiting for a disk; else `None`.

    Faster than pathsend by 1.4 to 2 times (10 KB and 200 KB, measured over Granian 2.8). Raises
    BlobsUnavailable when the file is not there.
    """
    if size > MAX_CACHED_READ or not hasattr(os, "RWF_NOWAIT"):
        return None
    descriptor = _open(path)
    try:
        content = bytearray(size)
        return bytes(content) if os.preadv(descriptor, [content], 0, os.RWF_NOWAIT) == size else None
    except OSError:  # not in memory (EAGAIN), or a file system without this way of reading
        return None
    finally:
        os.close(descriptor)


def range_reader(path: Path) -> RangeReader:
    """Reads spans of a local file in pieces of 1 MiB.

    Raises BlobsUnavailable when the file is not there or shorter than it should be.
    """

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        descriptor = await asyncio.to_thread(_open, path)
        try:
            end = start + length
            while start < end:
                piece = await asyncio.to_thread(os.pread, descriptor, min(CHUNK_BYTES, end - start), start)
                if not piece:
                    raise BlobsUnavailable("A stored file is shorter than it should be.")
                start += len(piece)
                yield piece
        finally:
            os.close(descriptor)

    return read


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise BlobsUnavailable("A stored file cannot be opened.") from error
