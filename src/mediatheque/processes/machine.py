"""What this process may use of the machine: in a container, less memory and fewer processors than the host has."""

import math
import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path, PurePosixPath

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - no file that was there before is trusted
_MEMORY_LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")


def memory_bytes(root: Path = Path("/")) -> int:
    """Return the memory of the machine, or the lowest limit of the control groups that this process is in.

    A limit of any group above ours counts. `root` is the folder in which `proc` and `sys` are.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_number(folder / name) for folder in _groups(root, "memory") for name in _MEMORY_LIMITS]
    return min([total, *(limit for limit in limits if limit)])


def processors(root: Path = Path("/")) -> int:
    """Return how many processors this process may use, by its affinity and the quota of its control groups."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    quotas = [quota for folder in _groups(root, "cpu") if (quota := _quota(folder))]
    return max(1, math.ceil(min([len(os.sched_getaffinity(0)), *quotas])))


def limit_threads_of_numpy(environment: MutableMapping[str, str]) -> None:
    """Let numpy start as many threads as there are processors for it, in the processes that this one starts.

    By itself it looks at the processors of the host.
    """
    environment.setdefault("OPENBLAS_NUM_THREADS", str(processors()))


def shared_memory_bytes(folder: Path = _SHARED_MEMORY) -> int:
    """Return what is free in the file system of POSIX shared memory, 0 where this process cannot write there.

    Docker's has 64 MB.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        return 0
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def largest_segment_bytes(root: Path = Path("/")) -> int:
    """Return the size of the largest System V shared memory segment, 0 where that is not known."""
    if sys.platform != "linux":
        return 0
    return _number(root / "proc/sys/kernel/shmmax") or 0


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folder of each control group of this process that can have limits of the controller.

    /proc/self/cgroup can name groups of the host that are not mounted here: the mounted root is then our group.
    """
    mounted = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":  # version 2
            yield from (*_above(mounted, path), *_above(mounted / "unified", path))
        elif controller in controllers.split(","):
            for name in {controller, controllers}:
                yield from _above(mounted / name, path)


def _above(top: Path, path: str) -> Iterator[Path]:
    """Yield the folder of the group, and of all groups above it."""
    inside = PurePosixPath(path.lstrip("/"))
    yield from (top / group for group in (inside, *inside.parents) if ".." not in group.parts)


def _quota(group: Path) -> float | None:
    """Return the processors that the group may use, None for all."""
    try:
        quota, period = (group / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # it is of version 1, or "max" is no limit
        quota_v1, period_v1 = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        return quota_v1 / period_v1 if quota_v1 and period_v1 else None


def _number(file: Path) -> int | None:
    """Return the number in the file; None when the file is missing or holds no positive number, which is no limit."""
    try:
        return max(0, int(file.read_text())) or None
    except (OSError, ValueError):
        return None
