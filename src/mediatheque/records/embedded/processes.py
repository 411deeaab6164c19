"""The PostgreSQL processes of a cluster, found by their working folder and not by postmaster.pid."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

_PROC = Path("/proc")


class PidFile(msgspec.Struct, frozen=True):
    """Lines 1, 5 and 8 of postmaster.pid (PostgreSQL's `utils/pidfile.h`)."""

    pid: int
    socket_folder: Path
    status: str

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """Read the file; returns None when it is missing or incomplete."""
        try:
            lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).split("\n")
            return cls(int(lines[0]), Path(lines[4]), lines[7].strip())
        except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
            return None


class Process(msgspec.Struct, frozen=True):
    """A process that runs; a zombie has no command and does not count."""

    pid: int
    command: str

    @property
    def is_postgres(self) -> bool:
        """Whether it is PostgreSQL, by its program or the title that it set."""
        program = self.command.split(" ", 1)[0]
        return self.is_child or program.rsplit("/", 1)[-1] == "postgres"

    @property
    def is_child(self) -> bool:
        """Whether a postmaster forked it."""
        return self.command.startswith("postgres: ")

    def works_in(self, cluster: Path) -> bool:
        """Whether it works in the cluster's folder; by name where the system does not reveal the folder."""
        try:
            return (_PROC / str(self.pid) / "cwd").samefile(cluster)
        except PermissionError:
            return self.is_named(cluster)
        except FileNotFoundError:
            return not _PROC.joinpath("self").exists() and self.is_named(cluster)

    def is_named(self, cluster: Path) -> bool:
        """Whether its title contains the cluster's name."""
        return cluster_name(cluster) in self.command


def cluster_name(cluster: Path) -> str:
    """Return the name in the titles of the cluster's processes: the same for every path to the folder."""
    found = cluster.stat()
    return f"mediatheque-{found.st_dev:x}-{found.st_ino:x}"


def postgres_on(cluster: Path) -> list[Process]:
    """Return every PostgreSQL process on the cluster's folder, postmaster and children, ours or not."""
    return [process for process in _all() if process.is_postgres and process.works_in(cluster)]


def _all() -> Iterator[Process]:
    if not _PROC.joinpath("self").exists():
        yield from _all_by_ps()
        return
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal() and (process := find(int(entry.name))):
            yield process


def _all_by_ps() -> Iterator[Process]:
    """List processes on systems without /proc, such as macOS."""
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield Process(int(pid), command.strip())


def find(pid: int) -> Process | None:
    """Return the process with this id, None when it does not run."""
    if not _PROC.joinpath("self").exists():
        return next((process for process in _all_by_ps() if process.pid == pid), None)
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    text = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return Process(pid, text) if text else None
