"""Reading local files without blocking the event loop: from the page cache at once, from the disk on threads."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from mediatheque.errors import BlobsUnavailable
from mediatheque.library.catalog.files import RangeReader

CHUNK_BYTES = 1024 * 1024
"""Bytes of one pread; over loopback 1 MiB is 1.5 times as fast as 256 KiB and 4 times as fast as 64 KiB."""
MAX_CACHED_READ = 256 * 1024
"""Largest file that is copied out of the page cache; the server sends larger ones from their path."""


def read_cached(path: Path, size: int) -> bytes | None:
    """Return the whole file if it is small and in the page cache, else None. Never waits for the disk.

    1.4 to 2 times as fast as pathsend (10 KB and 200 KB, measured over Granian 2.8). Raises BlobsUnavailable when
    the file does not exist.
    """
    if size > MAX_CACHED_READ or not hasattr(os, "RWF_NOWAIT"):
        return None
    descriptor = _open(path)
    try:
        content = bytearray(size)
        return bytes(content) if os.preadv(descriptor, [content], 0, os.RWF_NOWAIT) == size else None
    except OSError:  # not in the page cache (EAGAIN), or a file system without RWF_NOWAIT
        return None
    finally:
        os.close(descriptor)


def range_reader(path: Path) -> RangeReader:
    """Return a reader for ranges of a local file, in chunks of 1 MiB.

    It raises BlobsUnavailable when the file does not exist or ends before the range does.
    """

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        descriptor = await asyncio.to_thread(_open, path)
        try:
            end = start + length
            while start < end:
                chunk = await asyncio.to_thread(os.pread, descriptor, min(CHUNK_BYTES, end - start), start)
                if not chunk:
                    raise BlobsUnavailable("A stored file is shorter than it should be.")
                start += len(chunk)
                yield chunk
        finally:
            os.close(descriptor)

    return read


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise BlobsUnavailable("A stored file cannot be opened.") from error
