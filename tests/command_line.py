"""The command `mediatheque`: in a process of its own, or in this one, which spares a second or two of imports.

What a command prints and its exit status are the same in both ways. Its log is only in the process's standard error.
"""

import io
import os
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from mediatheque import cli
from mediatheque.http import logs
from tests.server import PROGRAM

Ended = subprocess.CompletedProcess[str]


def process(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command as an operator does. `env` is added to this process's environment."""
    command = [PROGRAM, *arguments]
    return subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=120, check=False
    )


def here(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command in this process. `env` is added to this process's environment for as long."""
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
        capture_logs(),
    ):
        patch.setattr("sys.argv", ["mediatheque", *map(str, arguments)])
        patch.setattr(os, "_exit", _exit)  # how `verify` ends
        patch.setattr(logs, "configure", lambda: None)  # which would last
        patch.setattr(os, "setpriority", lambda *_: None)  # so would this
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        status = _run(err)
    return Ended(["mediatheque", *map(str, arguments)], status, out.getvalue(), err.getvalue())


def _run(err: io.StringIO) -> int:
    """The exit status that Python would end with."""
    try:
        cli.main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            err.write(f"{ended.code}\n")
            return 1
        return ended.code or 0
    return 0


def _exit(status: int) -> NoReturn:
    raise SystemExit(status)
