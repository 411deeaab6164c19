"""Folders on a local file system: made once, made durable, and asked for again and again. All blocking."""

import os
from pathlib import Path

from mediatheque.errors import BlobsUnavailable


def create_folders(root: Path, *folders: Path) -> None:
    """Makes the folders that are missing in `root`, and `root` too, durably; mode 0700."""
    new = not root.exists()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(mode=0o700, exist_ok=True)
    fsync(root)
    if new:
        fsync(root.parent)


def fsync(path: Path) -> None:
    """Makes a file's bytes, or the names in a folder, durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def require(*folders: Path) -> None:
    """Raises `BlobsUnavailable` for one that is missing (a disk that is not mounted) or cannot be written."""
    for folder in folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BlobsUnavailable(f"The folder {folder.name} of the file store is missing or cannot be written.")


def remove(folder: Path) -> None:
    """Removes a folder of files, durably; it need not be there.

    It loses its name first, so that nothing can be added meanwhile, and others may be removing it too.
    """
    gone = folder.with_name(f"{folder.name}.gone")
    _empty(gone)
    try:
        folder.rename(gone)
    except FileNotFoundError:
        require(folder.parent)
    _empty(gone)
    fsync(folder.parent)


def _empty(folder: Path) -> None:
    try:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
    except FileNotFoundError:
        return
