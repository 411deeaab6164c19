"""Bytes as a file that exists in memory only, for a worker process to open."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediatheque.errors import Unavailable

try:
    from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl
except ImportError:
    _SEALS = 0
else:
    _SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL

_DESCRIPTORS = Path("/proc/self/fd")


def are_supported() -> bool:
    """Whether this system has sealed files in memory, and a path for a descriptor of one (Linux with /proc)."""
    if not _SEALS or not hasattr(os, "memfd_create"):
        return False
    try:
        with memory_file(b"tried") as fd:
            return Path(path_of(fd)).read_bytes() == b"tried"
    except (OSError, Unavailable):  # a container may forbid the call, or have no /proc
        return False


@contextmanager
def memory_file(content: bytes) -> Iterator[int]:
    """Yield the descriptor of a file with this content, which nobody can change: neither here nor in the worker.

    Raises `Unavailable` when it cannot be made, because this process has too many open files or no memory is left.
    """
    try:
        fd = _make(content)
    except OSError as error:
        raise Unavailable("A file in memory could not be made.") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _make(content: bytes) -> int:
    fd = os.memfd_create("upload", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        written = 0
        while written < len(content):
            written += os.write(fd, memoryview(content)[written:])
        fcntl(fd, F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def path_of(fd: int) -> str:
    """Return a path under which this process can open the descriptor's file."""
    return str(_DESCRIPTORS / str(fd))
