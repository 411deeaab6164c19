"""The lock of a data folder: one process owns it."""

import fcntl
import os
from pathlib import Path
from typing import Self

from mediatheque.records.embedded.config import StartupError


class DataFolderBusy(StartupError):
    """Another process owns the data folder."""


class DataFolderLock:
    """The lock `data/owner.lock`, held until `release` or the end of the process, even by SIGKILL.

    Raises DataFolderBusy when another process holds it, StartupError when the folder cannot be used.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self._file: int | None = None
        # A forked child shares the open file and with it the lock: it must not hold it longer than we do.
        os.register_at_fork(after_in_child=self.release)

    def acquire(self) -> None:
        """Lock the folder, created when it is missing."""
        try:
            make_data_folder(self.data)
            file = os.open(self.data / "owner.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StartupError(f"The data folder {self.data} cannot be used: {_reason(self.data, error)}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(file, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise DataFolderBusy(f"The data folder {self.data} is in use by process {owner}.") from error
        except OSError as error:
            os.close(file)
            raise StartupError(f"The file system of {self.data} has no locks: {error.strerror}.") from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Release the lock. The file stays: if it were deleted, two processes could lock two files of that name."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def make_data_folder(data: Path) -> None:
    """Create the folder. Root's has the mode 0711, since PostgreSQL runs as another user; else 0700."""
    if "\n" in str(data):
        raise StartupError("The name of the data folder holds a line break.")  # PostgreSQL's files have it on one line
    if not data.is_dir():
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _reason(data: Path, error: OSError) -> str:
    """Return the system's reason, and whose the folder is when that is why."""
    reason = f"{error.strerror}."
    if not isinstance(error, PermissionError):
        return reason
    nearest = next(folder for folder in (data, *data.absolute().parents) if _is_visible(folder))
    owner, ours = nearest.stat().st_uid, os.geteuid()
    return f"{reason} {nearest} belongs to uid {owner}, and this is uid {ours}: give it away with `chown -R {ours}`."


def _is_visible(folder: Path) -> bool:
    try:
        return folder.exists()
    except PermissionError:
        return False
