"""Which PostgreSQL processes live on a cluster's folder, whatever postmaster.pid says."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

_PROC = Path("/proc")


class PidFile(msgspec.Struct, frozen=True):
    """What postmaster.pid tells: line 1, 5 and 8 (PostgreSQL's `utils/pidfile.h`)."""

    pid: int
    socket_folder: Path
    status: str

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """None when there is none, or it is not (or half) written."""
        try:
            lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
            return cls(int(lines[0]), Path(lines[4]), lines[7].strip())
        except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
            return None


class Process(msgspec.Struct, frozen=True):
    """A living process: a zombie has no command and so is none."""

    pid: int
    command: str

    @property
    def is_postgres(self) -> bool:
        """Whether it is a PostgreSQL, by the program it was started as or the title it gave itself."""
        program = self.command.split(" ", 1)[0]
        return self.is_child or program.rsplit("/", 1)[-1] == "postgres"

    @property
    def is_child(self) -> bool:
        """Whether it is one of the processes that a postmaster forks."""
        return self.command.startswith("postgres: ")

    def is_alive(self, cluster: Path) -> bool:
        """Whether its working folder is the cluster; by name where the system does not tell us the folder."""
        try:
            return (_PROC / str(self.pid) / "cwd").samefile(cluster)
        except PermissionError:
            return self.is_named(cluster)
        except FileNotFoundError:
            return not _PROC.joinpath("self").exists() and self.is_named(cluster)

    def is_named(self, cluster: Path) -> bool:
        """Whether it carries the name that we give to the cluster's processes."""
        return cluster_name(cluster) in self.command


def cluster_name(cluster: Path) -> str:
    """A name for the cluster's processes, seen in their titles: one a folder, whatever path leads to it."""
    found = cluster.stat()
    return f"mediatheque-{found.st_dev:x}-{found.st_ino:x}"


def postgres_on(cluster: Path) -> list[Process]:
    """Every PostgreSQL process on the cluster's folder, postmaster and children, ours or not."""
    return [process for process in _all() if process.is_postgres and process.is_alive(cluster)]


def _all() -> Iterator[Process]:
    if not _PROC.joinpath("self").exists():
        yield from _all_by_ps()
        return
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal() and (process := find(int(entry.name))):
            yield process


def _all_by_ps() -> Iterator[Process]:
    """For systems without /proc, such as macOS."""
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield Process(int(pid), command.strip())


def find(pid: int) -> Process | None:
    """The living process with this number."""
    if not _PROC.joinpath("self").exists():
        return next((process for process in _all_by_ps() if process.pid == pid), None)
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    text = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return Process(pid, text) if text else None
