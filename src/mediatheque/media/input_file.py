"""A file to be examined: bytes by offset, without reading ahead."""

import io
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from mediatheque.errors import Unreadable


class InputFile:
    """An open file of a known size. Reads do not move a position."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._fd).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def read_up_to(self, count: int, at: int = 0) -> bytes:
        """Return `count` bytes from `at`, or fewer at the end of the file."""
        return os.pread(self._fd, count, at)

    def read_exactly(self, count: int, at: int) -> bytes:
        """Return `count` bytes from `at`. Raises `Unreadable` when the file ends before."""
        data = os.pread(self._fd, count, at) if at + count <= self.size else b""
        if len(data) != count:
            raise Unreadable("The file ends in the middle of its own structure.")
        return data

    def read_tail(self, count: int) -> bytes:
        """Return the last `count` bytes, or the whole file if it is shorter."""
        return self.read_up_to(count, max(0, self.size - count))

    def open_file(self) -> io.BufferedReader:
        """Open the file for a decoder that needs a file object. The caller closes it."""
        return Path(self.path).open("rb")


class FileRange(io.RawIOBase):
    """A part of an `InputFile` as a file object, for decoders that would stumble over what is before or behind it."""

    def __init__(self, source: InputFile, start: int, end: int) -> None:
        self._source, self._start, self._size = source, start, end - start
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position and return it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def read(self, count: int = -1) -> bytes:
        """Return `count` bytes from the position, or fewer at the end of the part."""
        left = max(0, self._size - self._at)
        data = self._source.read_up_to(left if count < 0 else min(count, left), self._start + self._at)
        self._at += len(data)
        return data
