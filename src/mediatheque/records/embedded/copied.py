"""What a cluster loses when its folder is copied by hand or mounted: empty folders, modes and owners."""

import os
import stat
from pathlib import Path

import structlog

from mediatheque.records.embedded.config import StartupError

_CAN_BE_EMPTY = (
    "pg_commit_ts",
    "pg_dynshmem",
    "pg_logical",
    "pg_logical/mappings",
    "pg_logical/snapshots",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat",
    "pg_stat_tmp",
    "pg_tblspc",
    "pg_twophase",
    "pg_wal/archive_status",
    "pg_wal/summaries",
)
"""Folders without which PostgreSQL does not start, and which may be empty, so that nothing is lost with them."""
_REFUSED_BY_POSTGRES = stat.S_IWGRP | stat.S_IRWXO
_log = structlog.get_logger()


def mend_cluster(folder: Path) -> None:
    """Make the empty folders that a copy lost, and give the files modes and owners that PostgreSQL takes.

    Raises StartupError when that is not possible.
    """
    found = folder.stat()
    try:
        _add_folders(folder, found)
        if _has_lost_modes(folder, found):
            _mend_modes(folder, found)
            _log.warning("database_modes_mended", folder=str(folder), mode=f"{stat.S_IMODE(found.st_mode):04o}")
    except OSError as error:
        raise StartupError(
            f"{error.filename or folder} cannot be mended: {error.strerror}. {_advice(folder)}"
        ) from None
    _check_mode(folder)


def _check_mode(folder: Path) -> None:
    if mode := stat.S_IMODE(folder.stat().st_mode) & _REFUSED_BY_POSTGRES:
        raise StartupError(
            f"{folder} is open to other users (mode bits {mode:03o}), and its file system keeps no other mode: put the"
            f" data folder on a file system with Unix modes, or mount it with mode 0700."
        )


def give(folder: Path, uid: int, gid: int) -> None:
    """Change the owner of everything in the folder."""
    for _, folders, files, parent in os.fwalk(folder):
        for name in (*folders, *files):
            os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
    os.chown(folder, uid, gid, follow_symlinks=False)


def _add_folders(folder: Path, owner: os.stat_result) -> None:
    missing = []
    for name in _CAN_BE_EMPTY:
        made = folder / name
        if made.exists() or not made.parent.is_dir():
            continue
        made.mkdir(mode=0o700)
        if owner.st_uid != os.geteuid():
            os.chown(made, owner.st_uid, owner.st_gid)
        missing.append(name)
    if missing:
        _log.warning("database_folders_made_again", folder=str(folder), names=missing)


def _has_lost_modes(folder: Path, found: os.stat_result) -> bool:
    control = (folder / "global" / "pg_control").stat()
    needed = stat.S_IRUSR | stat.S_IWUSR
    return bool(
        found.st_mode & _REFUSED_BY_POSTGRES
        or found.st_mode & stat.S_IRWXU != stat.S_IRWXU
        or control.st_mode & needed != needed
        or control.st_uid != found.st_uid
    )


def _mend_modes(folder: Path, owner: os.stat_result) -> None:
    """Give the owner of the folder every file in it, with the modes that PostgreSQL itself gives."""
    if any(path.lstat().st_uid != owner.st_uid for path in (folder / "PG_VERSION", folder / "global" / "pg_control")):
        give(folder, owner.st_uid, owner.st_gid)
    folder.chmod(0o700)
    for _, folders, files, parent in os.fwalk(folder):
        for name in folders:
            os.chmod(name, 0o700, dir_fd=parent)
        for name in files:
            os.chmod(name, 0o600, dir_fd=parent)


def _advice(folder: Path) -> str:
    uid, ours = folder.stat().st_uid, os.geteuid()
    if uid == ours:
        return "Give it the mode 0700 on a file system that keeps modes and can be written to."
    return f"Give all of it to uid {ours} (chown -R {ours} {folder})."
