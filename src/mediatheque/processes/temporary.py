"""A folder for temporary files, where the system has none that can be written to."""

import os
import tempfile
from pathlib import Path

import structlog

_USUAL = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - where Python looks
_log = structlog.get_logger()


def ensure_temporary_folder(fallback: Path) -> None:
    """Make this process and those that it starts use `fallback` when no other folder can be written to.

    A container may have a read-only file system, or a TMPDIR that does not exist in it. The current folder, which
    Python would take as the last resort, can be anything.
    """
    try:
        found = Path(tempfile.gettempdir())
    except FileNotFoundError:
        found = Path.cwd()
    if found != Path.cwd() or str(found) in _USUAL:
        return
    try:
        fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        _log.warning("no_temporary_folder", folder=str(fallback), reason=error.strerror)
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(fallback)
