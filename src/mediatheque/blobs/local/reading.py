"""A local file as a stream of chunks, read on threads."""

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from mediatheque.blobs.store import CHUNK_BYTES, TRUNCATED_MESSAGE
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import BlobsUnavailable


class ByteReader:
    """A file that is opened by the first read. Blocking; one call at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._fd, length, start)

    def close(self) -> None:
        """Close the file if it was opened."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


async def read_chunks(
    threads: ThreadRunner, path: Path, start: int, length: int, chunk_bytes: int = CHUNK_BYTES
) -> AsyncGenerator[bytes, None]:
    """Yield exactly `length` bytes of the file. Each chunk takes one call on a thread; the first opens the file.

    `OSError` is raised as it is. Raises `BlobsUnavailable` when the file ends early.
    """
    reader = ByteReader(path)
    reading = threads.submit(reader.read, start, min(length, chunk_bytes))
    try:
        while chunk := await asyncio.wrap_future(reading):
            yield chunk
            start, length = start + len(chunk), length - len(chunk)
            reading = threads.submit(reader.read, start, min(length, chunk_bytes))
        if length:
            raise BlobsUnavailable(TRUNCATED_MESSAGE)
    finally:
        # After a cancellation the thread may still be reading, so the file is closed when that read has returned.
        reading.add_done_callback(lambda _: reader.close())
