"""Bytes from one local file into another, with flat memory. Blocking."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from mediatheque.blobs.store import ENDS_EARLY, PIECE
from mediatheque.errors import BlobsUnavailable


class Stopped(Exception):
    """Raised between two pieces for a caller who no longer waits."""


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """The file's descriptor; a file that is made has mode 0600."""
    fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def copy(source: int, start: int, target: int, at: int, length: int, *, stop: Event) -> None:
    """`length` bytes of `source` from `start` into `target` at `at`; as quick on ext4 as copy_file_range.

    Raises `OSError` as it comes, `Stopped`, and `BlobsUnavailable` for a source that ends early.
    """
    buffer = memoryview(bytearray(min(PIECE, length)))
    while length:
        if stop.is_set():
            raise Stopped
        count = os.preadv(source, [buffer[:length]], start)
        if not count:
            raise BlobsUnavailable(ENDS_EARLY)
        _write_all(target, buffer[:count], at)
        start, at, length = start + count, at + count, length - count


def _write_all(fd: int, rest: memoryview, at: int) -> None:
    """A write cut short (a disk nearly full) goes on, or raises what stopped it."""
    while rest:
        written = os.pwrite(fd, rest, at)
        rest, at = rest[written:], at + written
