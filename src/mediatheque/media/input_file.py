"""A file to be judged: bytes by offset, and nothing read that nobody asked for."""

import io
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from mediatheque.errors import Unreadable


class InputFile:
    """An open file of a known size. Reads never move a shared position and never run past the end unnoticed."""

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

    def upto(self, count: int, at: int = 0) -> bytes:
        """At most `count` bytes from `at`; fewer only at the end of the file."""
        return os.pread(self._fd, count, at)

    def exactly(self, count: int, at: int) -> bytes:
        """`count` bytes from `at`. Raises Unreadable if the file ends before."""
        data = os.pread(self._fd, count, at) if at + count <= self.size else b""
        if len(data) != count:
            raise Unreadable("The file ends in the middle of its own structure.")
        return data

    def tail(self, count: int) -> bytes:
        """The last `count` bytes, or the whole file if it is shorter."""
        return self.upto(count, max(0, self.size - count))

    def stream(self) -> io.BufferedReader:
        """The file for a decoder that wants a file object of its own; the caller closes it."""
        return Path(self.path).open("rb")
