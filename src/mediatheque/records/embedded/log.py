"""PostgreSQL's log, data/postgres.log; its settings keep statements and content out of it."""

import os
from pathlib import Path

_MAX_BYTES = 10 << 20
_TAIL_BYTES = 4096


class ServerLog:
    """The log file and its predecessor `postgres.log.1`, about 10 MiB each; a single run may write more."""

    def __init__(self, data: Path) -> None:
        self.path = data / "postgres.log"
        self._mark = 0

    def open(self) -> int:
        """Open the file for PostgreSQL's stderr; `tail` returns what is written from now on."""
        self._rotate()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._mark = os.fstat(file).st_size
        return file

    def _rotate(self) -> None:
        """Rename a long log. Only between runs: with our settings, PostgreSQL writes little in one."""
        if self.path.exists() and self.path.stat().st_size > _MAX_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))

    def tail(self) -> str:
        """Return the last lines since `open`, joined to one."""
        with self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._mark, end - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return " | ".join(line.strip() for line in lines[-6:]) or "nothing"
