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
