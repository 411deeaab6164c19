"""The file behind a spool: the part that runs on threads."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mediatheque.blobs.hashes import ContentHashes
from mediatheque.blobs.local.files import write_all

WRITE_BACK_BYTES = 8 * 1024 * 1024
"""Bytes after which the kernel is asked to start writing them back: a later fsync of 64 MiB takes 4 ms, not 27."""


class SpoolFile:
    """A file that batches of chunks are written to and hashed.

    Blocking; one call at a time. The first one creates the file, mode 0600. `hashes` are those of all bytes written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self.hashes = ContentHashes()
        self._written = 0
        self._written_back = 0

    def write_batch(self, chunks: Sequence[bytes], *, last: bool) -> None:
        """Append the chunks, at most 1,024 of them (IOV_MAX). Close the file after the last batch."""
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for chunk in chunks:
            self.hashes.update(chunk)
        self._append(chunks)
        if last:
            self._close()

    def discard(self) -> None:
        """Close the file and delete it."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _append(self, chunks: Sequence[bytes]) -> None:
        total = sum(map(len, chunks))
        done = os.pwritev(self._fd, chunks, self._written) if chunks else 0
        if done < total:
            write_all(self._fd, memoryview(b"".join(chunks))[done:], self._written + done)
        self._written += total
        if self._written - self._written_back >= WRITE_BACK_BYTES:
            self._start_write_back()

    def _start_write_back(self) -> None:
        """On Linux, DONTNEED starts write-back of dirty pages. It drops only clean ones, and these are all dirty."""
        if sys.platform == "linux":
            unwritten = self._written - self._written_back
            os.posix_fadvise(self._fd, self._written_back, unwritten, os.POSIX_FADV_DONTNEED)
        self._written_back = self._written

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
