"""The folder that holds the parts of one upload."""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from mediatheque.blobs.local.copying import copy, opened
from mediatheque.blobs.local.folders import fsync, require
from mediatheque.blobs.store import ENDS_EARLY
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import UploadedPart

_IN_SLOT = "slot"
_APART = re.compile(r"\d+-\d+", re.ASCII)


class PartsFolder:
    """Two files, one for each part that does not fit them, and a lock for each. Blocking; an object has one caller.

    `slots` has room of `stride` bytes for each number, so that parts of just that size lie joined as they come. A
    slot is filled once, so that a later write cannot tear what is acknowledged; `taken` has a byte for each. A part
    written again, and one larger than a slot, is the file `<number>-<version>`.

    Those who write share a lock, and who joins has it alone: it is on `taken`, and the kernel frees it with its
    process.
    """

    def __init__(self, path: Path, stride: int) -> None:
        self.path = path
        self._stride = stride
        self._slots = path / "slots"
        self._taken = -1

    def make(self) -> None:
        """The empty folder, durably."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        for path in (self._slots, self.path / "taken"):
            with opened(path, os.O_WRONLY | os.O_CREAT):
                pass
        fsync(self.path)
        fsync(self.path.parent)

    def keep(self, number: int, given: Path, size: int, stop: Event) -> str:
        """Copies the file in, durably, and returns where it is. `NotFound` if the folder is gone."""
        if not self.lock(fcntl.LOCK_SH):
            raise BlobsUnavailable("The parts are being joined.")
        try:
            with opened(given, os.O_RDONLY) as source, self._alone_with(number):
                if os.fstat(source).st_size != size:
                    raise BlobsUnavailable(ENDS_EARLY)
                if size > self._stride or os.pread(self._taken, 1, number) == b"\1":
                    return self._keep_apart(source, number, size, stop)
                return self._keep_in_slot(source, number, size, stop)
        finally:
            self.unlock()

    def join(self, pieces: Sequence[UploadedPart], stop: Event) -> Path:
        """One file of all the pieces: the slots themselves where those are full and in order. Lock before.

        `NotFound` if a piece is gone.
        """
        places = [self._place(piece) for piece in pieces]
        target = self._slots if self._lie_joined(pieces) else self.path / "joined"
        end = 0
        with opened(target, os.O_RDWR | os.O_CREAT) as joined:
            for piece, (path, start) in zip(pieces, places, strict=True):
                if (path, start) != (target, end):
                    with opened(path, os.O_RDONLY) as source:
                        copy(source, start, joined, end, piece.size, stop=stop)
                end += piece.size
            os.ftruncate(joined, end)
        return target

    def lock(self, kind: int = fcntl.LOCK_EX) -> bool:
        """Whether the lock could be had at once. `NotFound` if the folder is gone."""
        with self._or_gone():
            self._taken = os.open(self.path / "taken", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(self._taken, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            return False
        return True

    @contextmanager
    def _alone_with(self, number: int) -> Iterator[None]:
        """Twins of one part write in turn, whichever process they are in: one fills the slot, the other goes apart."""
        with self._or_gone():
            held = os.open(self.path / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def unlock(self) -> None:
        """Frees the lock, if it was had."""
        if self._taken >= 0:
            fd, self._taken = self._taken, -1
            os.close(fd)

    def _keep_in_slot(self, source: int, number: int, size: int, stop: Event) -> str:
        with self._or_gone(), opened(self._slots, os.O_WRONLY) as slots:
            copy(source, 0, slots, self._slot(number), size, stop=stop)
            os.pwrite(self._taken, b"\1", number)
            os.fsync(slots)
            os.fsync(self._taken)
        return _IN_SLOT

    def _keep_apart(self, source: int, number: int, size: int, stop: Event) -> str:
        """Leaves the version before this one, which its owner may not have given up yet."""
        versions = sorted(int(path.name.partition("-")[2]) for path in self.path.glob(f"{number}-*"))
        path = self.path / f"{number}-{versions[-1] + 1 if versions else 1}"
        try:
            with self._or_gone():
                with opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as apart:
                    copy(source, 0, apart, 0, size, stop=stop)
                    os.fsync(apart)
                fsync(self.path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        for version in versions[:-1]:
            (self.path / f"{number}-{version}").unlink(missing_ok=True)
        return path.name

    def _slot(self, number: int) -> int:
        return (number - 1) * self._stride

    def _lie_joined(self, pieces: Sequence[UploadedPart]) -> bool:
        """Whether the slots are the file, and nothing lies behind it that another list of parts may name yet."""
        in_order = all(piece.number == number for number, piece in enumerate(pieces, 1))
        behind = os.fstat(self._taken).st_size > len(pieces) + 1
        return in_order and not behind and all(piece.size == self._stride for piece in pieces[:-1])

    def _place(self, piece: UploadedPart) -> tuple[Path, int]:
        """The file that holds the piece, and where in it."""
        if piece.etag == _IN_SLOT:
            path, start = self._slots, self._slot(piece.number)
        elif _APART.fullmatch(piece.etag):
            path, start = self.path / piece.etag, 0
        else:
            raise NotFound
        with self._or_gone():
            if path.stat().st_size < start + piece.size:
                raise NotFound
        return path, start

    @contextmanager
    def _or_gone(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            require(self.path.parent)
            raise NotFound from error
