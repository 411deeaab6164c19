"""The folder that holds the parts of one multipart upload."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from mediatheque.blobs.local.files import check_writable, copy_range, fsync, open_fd
from mediatheque.blobs.store import TRUNCATED_MESSAGE
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import UploadedPart

_SLOT_ETAG = "slot"
_VERSION_ETAG = re.compile(r"\d+-\d+", re.ASCII)


class PartsFolder:
    """The parts of one multipart upload. Blocking; each object has one caller.

    The file `slots` has `slot_bytes` for each part number, so that parts of just that size are stored joined. A slot
    is filled once, so that a later write cannot damage a part that was acknowledged; the file `taken` has a byte for
    each slot, 1 when it is filled. A part that is written again, or is larger than a slot, becomes a file of its own,
    `<number>-<version>`.

    Writers hold a shared lock on `taken`, and a joiner an exclusive one. The kernel frees it when the process ends.
    A lock file for each part makes the writers of that part take turns.
    """

    def __init__(self, path: Path, slot_bytes: int, check: Callable[[], None] = lambda: None) -> None:
        """`check` raises when the folder lies in another store; by default it may lie in any."""
        self.path = path
        self._check = check
        self._slot_bytes = slot_bytes
        self._slots = path / "slots"
        self._taken = -1

    def create(self) -> None:
        """Create the empty folder, durably."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        for path in (self._slots, self.path / "taken"):
            with open_fd(path, os.O_WRONLY | os.O_CREAT):
                pass
        fsync(self.path)
        fsync(self.path.parent)

    def write_part(self, number: int, path: Path, size: int, stop: Event) -> str:
        """Copy the file in, durably, and return the part's ETag: where it was stored.

        Raises `NotFound` when the folder does not exist, `BlobsUnavailable` while the parts are being joined.
        """
        if not self.try_lock(fcntl.LOCK_SH):
            raise BlobsUnavailable("The parts are being joined.")
        try:
            with open_fd(path, os.O_RDONLY) as source, self._part_lock(number):
                if os.fstat(source).st_size != size:
                    raise BlobsUnavailable(TRUNCATED_MESSAGE)
                if size > self._slot_bytes or os.pread(self._taken, 1, number) == b"\1":
                    return self._write_version(source, number, size, stop)
                return self._write_slot(source, number, size, stop)
        finally:
            self.unlock()

    def join(self, parts: Sequence[UploadedPart], stop: Event) -> Path:
        """Join the parts into one file: `slots` itself where the slots are full and in order.

        The caller holds the exclusive lock. Raises `NotFound` when a part does not exist.
        """
        locations = [self._locate(part) for part in parts]
        target = self._slots if self._can_join_in_slots(parts) else self.path / "joined"
        end = 0
        with open_fd(target, os.O_RDWR | os.O_CREAT) as joined:
            for part, (path, offset) in zip(parts, locations, strict=True):
                if (path, offset) != (target, end):
                    with open_fd(path, os.O_RDONLY) as source:
                        copy_range(source, offset, joined, end, part.size, stop=stop)
                end += part.size
            os.ftruncate(joined, end)
        return target

    def try_lock(self, kind: int = fcntl.LOCK_EX) -> bool:
        """Take the lock if it is free, and return whether it was. Raises `NotFound` when the folder does not exist."""
        with self._map_missing():
            self._taken = os.open(self.path / "taken", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(self._taken, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            return False
        return True

    @contextmanager
    def _part_lock(self, number: int) -> Iterator[None]:
        """Make concurrent writers of one part, in any process, take turns.

        One fills the slot, the others add versions.
        """
        with self._map_missing():
            held = os.open(self.path / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def unlock(self) -> None:
        """Free the lock, if it is held."""
        if self._taken >= 0:
            fd, self._taken = self._taken, -1
            os.close(fd)

    def _write_slot(self, source: int, number: int, size: int, stop: Event) -> str:
        with self._map_missing(), open_fd(self._slots, os.O_WRONLY) as slots:
            copy_range(source, 0, slots, self._slot_offset(number), size, stop=stop)
            os.pwrite(self._taken, b"\1", number)
            os.fsync(slots)
            os.fsync(self._taken)
        return _SLOT_ETAG

    def _write_version(self, source: int, number: int, size: int, stop: Event) -> str:
        """Delete all versions but the previous one, which the part's row may still name."""
        versions = sorted(int(path.name.partition("-")[2]) for path in self.path.glob(f"{number}-*"))
        path = self.path / f"{number}-{versions[-1] + 1 if versions else 1}"
        try:
            with self._map_missing():
                with open_fd(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as version:
                    copy_range(source, 0, version, 0, size, stop=stop)
                    os.fsync(version)
                fsync(self.path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        for old in versions[:-1]:
            (self.path / f"{number}-{old}").unlink(missing_ok=True)
        return path.name

    def _slot_offset(self, number: int) -> int:
        return (number - 1) * self._slot_bytes

    def _can_join_in_slots(self, parts: Sequence[UploadedPart]) -> bool:
        """Whether the slots form the file, and no slot behind them is filled: another list of parts may name it."""
        in_order = all(part.number == number for number, part in enumerate(parts, 1))
        filled_behind = os.fstat(self._taken).st_size > len(parts) + 1
        return in_order and not filled_behind and all(part.size == self._slot_bytes for part in parts[:-1])

    def _locate(self, part: UploadedPart) -> tuple[Path, int]:
        """Return the file that holds the part, and its offset there."""
        if part.etag == _SLOT_ETAG:
            path, offset = self._slots, self._slot_offset(part.number)
        elif _VERSION_ETAG.fullmatch(part.etag):
            path, offset = self.path / part.etag, 0
        else:
            raise NotFound
        with self._map_missing():
            if path.stat().st_size < offset + part.size:
                raise NotFound
        return path, offset

    @contextmanager
    def _map_missing(self) -> Iterator[None]:
        """Turn a missing file in an existing parts folder into `NotFound`, and other errors into `BlobsUnavailable`."""
        try:
            yield
        except FileNotFoundError as error:
            check_writable(self.path.parent)
            self._check()
            raise NotFound from error
