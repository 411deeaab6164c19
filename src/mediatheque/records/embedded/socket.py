"""The folder of PostgreSQL's socket, and the URL of a database behind it."""

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from mediatheque.records.embedded.config import EmbeddedConfig, StartupError

PORT = 5432
USER = DATABASE = "mediatheque"
_MAX_PATH_BYTES = 103
"""Longest path of a socket that every system accepts: Linux 107, macOS 103."""


def url(socket_folder: Path, database: str = DATABASE) -> str:
    """Return the URL of a database behind the socket."""
    return f"postgresql://{USER}@/{database}?host={quote(os.fsencode(socket_folder), safe='')}&port={PORT}"


def socket_folder(config: EmbeddedConfig, cluster: Path) -> Path:
    """Return the cluster's folder, of mode 0700; or a folder of mode 0700 with a short name elsewhere.

    The cluster's folder does not serve when its path is too long or has a comma, which parts the folders of
    PostgreSQL's client, or when its file system has no sockets.
    """
    if _fits(cluster) and _takes_sockets(cluster):
        return cluster
    name = "mediatheque-" + hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    refusals = []
    for place in [config.runtime] if config.runtime else _temporary_folders():
        try:
            return _prepare(place / name, cluster.stat())
        except (StartupError, OSError) as error:
            refusals.append(str(error))
    raise StartupError(f"There is no place for the database's socket; set TMPDIR to one. {refusals[0]}")


def quoted(folder: Path) -> str:
    """Return the folder as an item of PostgreSQL's lists of folders."""
    return '"' + str(folder).replace('"', '""') + '"'


def _temporary_folders() -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir())
    yield from map(Path, (f"/run/user/{os.geteuid()}", "/tmp", "/var/tmp", "/dev/shm", "/run"))  # noqa: S108 - checked


def _prepare(folder: Path, owner: os.stat_result) -> Path:
    if not _fits(folder):
        raise StartupError(f"The path of {folder} is too long for a socket: choose a shorter temp folder.")
    try:
        folder.mkdir(mode=0o700, parents=True)
        os.chown(folder, owner.st_uid, owner.st_gid)
    except FileExistsError:
        _check(folder, owner.st_uid)
    if not _takes_sockets(folder):
        raise StartupError(f"No socket can be made in {folder}.")
    return folder


def _fits(folder: Path) -> bool:
    return "," not in str(folder) and len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _MAX_PATH_BYTES


def _takes_sockets(folder: Path) -> bool:
    """Whether a socket can be made in the folder: some network file systems have none."""
    probe = folder / f".s.{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(probe))
    except OSError:
        return False
    probe.unlink()
    return True


def _check(folder: Path, owner: int) -> None:
    """Raise StartupError for a folder of another user, who could impersonate the database."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise StartupError(f"{folder} must be a folder of uid {owner} with mode 0700: remove it.")
