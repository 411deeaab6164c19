"""Finding a server's processes by its data folder in their command line, environment or working folder."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from mediatheque.records.embedded.processes import Process as PostgresProcess
from mediatheque.records.embedded.processes import postgres_on

_PROC = Path("/proc")


class Process(msgspec.Struct, frozen=True):
    """A living process."""

    pid: int
    parent: int
    command: str

    @property
    def is_worker(self) -> bool:
        """A Granian worker: a process spawned by multiprocessing."""
        return "multiprocessing.spawn" in self.command

    @property
    def is_task_worker(self) -> bool:
        """The process for background tasks that `serve` runs beside its server processes."""
        return "mediatheque.run_worker " in self.command

    @property
    def is_sandbox(self) -> bool:
        """The fork server, or one of the confined processes that it forks."""
        return "multiprocessing.forkserver" in self.command


def server_processes(data: Path) -> list[Process]:
    """Return every living process of the server on that data folder, whatever its parent is by now."""
    return [
        process
        for entry in _PROC.iterdir()
        if entry.name.isdecimal() and (process := _read_process(entry, os.fsencode(data)))
    ]


def _read_process(entry: Path, data: bytes) -> Process | None:
    try:
        command = (entry / "cmdline").read_bytes()
        if not command or int(entry.name) == os.getpid():
            return None  # a zombie, or this test
        here = (
            data in command
            or data in (entry / "environ").read_bytes()
            or data in os.fsencode((entry / "cwd").readlink())
        )
        parent = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return None  # ended meanwhile
    return (
        Process(int(entry.name), parent, command.replace(b"\0", b" ").decode(errors="replace").strip())
        if here
        else None
    )


def workers(data: Path) -> list[Process]:
    return [process for process in server_processes(data) if process.is_worker]


def task_workers(data: Path) -> list[Process]:
    return [process for process in server_processes(data) if process.is_task_worker]


def postgres(data: Path) -> list[PostgresProcess]:
    return postgres_on(data.resolve() / "postgres")


def postmaster(data: Path) -> int:
    return next(process.pid for process in postgres(data) if not process.is_child)


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to all of them; those that have ended already are ignored."""
    for pid in list(pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def memory(data: Path) -> int:
    """Return the private memory of the server's own processes, without PostgreSQL's, in bytes."""
    total = 0
    for process in server_processes(data):
        if "postgres" in process.command.split(" ", 1)[0]:
            continue
        with suppress(OSError):
            rollup = (_PROC / str(process.pid) / "smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")) * 1024
    return total


def eventually(
    condition: Callable[[], object], seconds: float = 60.0, message: str = "the condition did not become true"
) -> float:
    """Wait until `condition` is true; return the seconds that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, message
        time.sleep(0.02)
    return time.monotonic() - started
