"""The mark of a folder of blobs."""

import os
import secrets
from pathlib import Path
from uuid import UUID

from mediatheque.blobs import mark
from mediatheque.blobs.local.files import create_folders, fsync, open_fd, write_all
from mediatheque.blobs.threads import ThreadRunner

_Version = tuple[int, int, int, int]


class FolderMark:
    """The file `library/id` in the folder; see `Mark`."""

    def __init__(self, folder: Path, threads: ThreadRunner) -> None:
        self.expected: UUID | None = None
        self._folder = folder
        self._path = folder / mark.NAME
        self._threads = threads
        self._checked: tuple[UUID, _Version] | None = None

    async def read(self) -> UUID | None:
        """Return the id in the file; None when the file or the folder does not exist."""
        return await self._threads.run(self._read)

    async def write(self, library: UUID) -> None:
        """Write a new file and rename it."""
        await self._threads.run(self._write, library)

    def check(self) -> None:
        """Raise `StoreMismatch` unless the file holds the expected id. Blocking.

        A file that has not changed since the last check is not read again: 2 microseconds for each blob written.
        """
        if self.expected is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            mark.require(None, self.expected)
            return
        version = (status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)
        if self._checked != (self.expected, version):
            mark.require(self._read(), self.expected)
            self._checked = (self.expected, version)

    def _read(self) -> UUID | None:
        try:
            return mark.parse(self._path.read_bytes())
        except FileNotFoundError:
            return None

    def _write(self, library: UUID) -> None:
        create_folders(self._folder, self._path.parent)
        new = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        try:
            with open_fd(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
                write_all(fd, memoryview(mark.render(library)), 0)
                os.fsync(fd)
            new.rename(self._path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        fsync(self._path.parent)
