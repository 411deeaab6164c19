"""Files and folders on a local file system: created durably, copied and hashed with flat memory. All blocking.

`OSError` is raised as it is.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import msgspec

from mediatheque.blobs.hashes import ContentHashes
from mediatheque.blobs.store import CHUNK_BYTES, HEAD_BYTES, TRUNCATED_MESSAGE
from mediatheque.errors import BlobsUnavailable

_DURABLE: int = getattr(os, "RWF_DSYNC", 0)
"""Flag of pwritev with which the bytes, and the size of the file, are durable when it returns (Linux)."""


class Stopped(Exception):
    """`stop` was set while a file was being copied or hashed, because the caller was cancelled."""


class LocalFile(msgspec.Struct, frozen=True):
    """See `HashedFile`."""

    path: Path
    size: int
    sha256: bytes
    crc32: int
    head: bytes
    content: None = None


def create_folders(root: Path, *folders: Path) -> None:
    """Create `root` and the folders in it where missing, durably; mode 0700."""
    new = not root.exists()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(mode=0o700, exist_ok=True)
    fsync(root)
    if new:
        fsync(root.parent)


def check_writable(*folders: Path) -> None:
    """Check that the folders exist and can be written; raises `BlobsUnavailable` otherwise.

    A missing folder means that its disk is not mounted.
    """
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BlobsUnavailable(f"The folder {folder.name} of the file store is missing or cannot be written.")


def remove_folder(folder: Path) -> None:
    """Remove a folder of files durably, if it exists.

    It is renamed first, so that no file can be added meanwhile. Several callers may remove it at once, and a removal
    that was interrupted is completed by the next one.
    """
    renamed = folder.with_name(f"{folder.name}.gone")
    _delete_with_files(renamed)
    try:
        folder.rename(renamed)
    except FileNotFoundError:
        check_writable(folder.parent)
    _delete_with_files(renamed)
    fsync(folder.parent)


def _delete_with_files(folder: Path) -> None:
    try:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
    except FileNotFoundError:
        return


@contextmanager
def open_fd(path: Path, flags: int) -> Iterator[int]:
    """Yield the file's descriptor. A file that is created has mode 0600."""
    fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def fsync(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, durable."""
    with open_fd(path, os.O_RDONLY) as fd:
        os.fsync(fd)


def write_all(fd: int, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset`. A short write (on a disk that is nearly full) is continued."""
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written


def write_durably(path: Path, content: bytes) -> None:
    """Create the file with this content, and make it and its name durable. On failure nothing is left.

    Where the system can, one call writes and waits for the disk: a thread that makes fewer calls contends less with
    others for the interpreter.
    """
    with open_fd(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
        try:
            written = _write_waiting(fd, content)
            if written < len(content):
                write_all(fd, memoryview(content)[written:], written)
                os.fsync(fd)
            fsync(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _write_waiting(fd: int, content: bytes) -> int:
    """Return how many bytes are written and durable: none where the system or the file system has no such call."""
    try:
        return os.pwritev(fd, [content], 0, _DURABLE) if _DURABLE else 0
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return 0


def copy_range(source: int, source_offset: int, target: int, target_offset: int, length: int, *, stop: Event) -> None:
    """Copy `length` bytes between two descriptors; as fast on ext4 as copy_file_range.

    Raises `Stopped`, and `BlobsUnavailable` when the source ends early.
    """
    buffer = memoryview(bytearray(min(CHUNK_BYTES, length)))
    while length:
        if stop.is_set():
            raise Stopped
        count = os.preadv(source, [buffer[:length]], source_offset)
        if not count:
            raise BlobsUnavailable(TRUNCATED_MESSAGE)
        write_all(target, buffer[:count], target_offset)
        source_offset, target_offset, length = source_offset + count, target_offset + count, length - count


def copy_durably(source: Path, target: Path, check: Callable[[], None]) -> None:
    """Copy the file to another file system and remove it, when `check` does not raise after the copy.

    `target` is written in place: a crash leaves a part of it, which nothing refers to. On any other failure it is
    removed, and `source` stays.
    """
    try:
        with open_fd(source, os.O_RDONLY) as read, open_fd(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as write:
            copy_range(read, 0, write, 0, os.fstat(read).st_size, stop=Event())
            os.fsync(write)
        fsync(target.parent)
        check()
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    source.unlink()


def hash_file(path: Path, stop: Event) -> LocalFile:
    """Read the file to its end. Raises `Stopped`."""
    hashes, size, chunk = ContentHashes(), 0, memoryview(bytearray(CHUNK_BYTES))
    with path.open("rb", buffering=0) as file:
        head = os.pread(file.fileno(), HEAD_BYTES, 0)
        while count := file.readinto(chunk):
            if stop.is_set():
                raise Stopped
            hashes.update(chunk[:count])
            size += count
    return LocalFile(path, size, hashes.sha256, hashes.crc32, head)
