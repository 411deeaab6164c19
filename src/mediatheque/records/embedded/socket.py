"""The folder of PostgreSQL's socket, and the URL of a database behind it."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

from mediatheque.records.embedded.config import EmbeddedConfig, StartupError

PORT = 5432
USER = DATABASE = "mediatheque"
_MAX_PATH_BYTES = 103
"""Longest path of a socket that every system accepts: Linux 107, macOS 103."""


def url(socket_folder: Path, database: str = DATABASE) -> str:
    """Return the URL of a database behind the socket."""
    return f"postgresql://{USER}@/{database}?host={quote(str(socket_folder), safe='')}&port={PORT}"


def socket_folder(config: EmbeddedConfig, cluster: Path) -> Path:
    """Return the cluster's folder, of mode 0700; when its path is too long, a folder of mode 0700 with a short name."""
    if _fits(cluster):
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    folder = (config.runtime or Path(tempfile.gettempdir())) / f"mediatheque-{name}"
    if not _fits(folder):
        raise StartupError(f"The path of {folder} is too long for a socket: choose a shorter temp folder.")
    owner = cluster.stat()
    try:
        folder.mkdir(mode=0o700, parents=True)
        os.chown(folder, owner.st_uid, owner.st_gid)
    except FileExistsError:
        _check(folder, owner.st_uid)
    return folder


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _MAX_PATH_BYTES


def _check(folder: Path, owner: int) -> None:
    """Raise StartupError for a folder of another user, who could impersonate the database."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise StartupError(f"{folder} must be a folder of uid {owner} with mode 0700: remove it.")
