"""Child processes and their limits, from /proc."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task")
    if not threads.exists():
        return []
    return [child for thread in threads.iterdir() for child in _children_of_thread(thread)]


def _children_of_thread(thread: Path) -> list[int]:
    try:
        return [int(child) for child in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
        return []


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def fork_servers(pid: int) -> list[int]:
    return [child for child in children(pid) if "forkserver" in command(child)]


def workers(pid: int) -> list[int]:
    """The media workers of a server process."""
    return [worker for server in fork_servers(pid) for worker in children(server)]


def is_running(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def confinement(pid: int) -> dict[str, str]:
    """Limits of the process."""
    proc = Path(f"/proc/{pid}")
    limits = {line[:25].strip(): line[25:].split()[0] for line in (proc / "limits").read_text().splitlines()}
    status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines())
    kept = ("Max address space", "Max file size", "Max core file size", "Max open files")
    folder = str((proc / "cwd").readlink()).rpartition(" ")[2]
    killed_first = (proc / "oom_score_adj").read_text().strip()
    return {
        "cwd": folder,
        "NoNewPrivs": status["NoNewPrivs"],
        "oom_score_adj": killed_first,
        **{name: limits[name] for name in kept},
    }


def eventually(condition: Callable[[], object], within: float = 10) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
