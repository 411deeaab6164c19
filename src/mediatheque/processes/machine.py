"""What this process may use of the machine: in a container, less memory than the host has and little shared memory."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - no file that was there before is trusted
_V2_LIMITS = ("memory.max", "memory.high")
_V1_LIMITS = ("memory.limit_in_bytes",)


def memory_bytes(root: Path = Path("/")) -> int:
    """Return the memory of the machine, or the lowest limit of the control groups that this process is in.

    A limit of any group above ours counts. `root` is the folder in which `proc` and `sys` are.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([total, *_limits(root)])


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
    try:
        return int((root / "proc/sys/kernel/shmmax").read_text())
    except (OSError, ValueError):
        return 0


def _limits(root: Path) -> Iterator[int]:
    for folder, names in _groups(root):
        for name in names:
            try:
                yield int((folder / name).read_text())
            except (OSError, ValueError):  # the file is missing in the root group; "max" is no limit
                continue


def _groups(root: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the folder of each control group of this process, and the files of limits to look for in it.

    /proc/self/cgroup can name groups of the host that are not mounted here: the mounted root is then our group.
    """
    mounted = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = ["0::/"]
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            yield from ((folder, _V2_LIMITS) for top in (mounted, mounted / "unified") for folder in _above(top, path))
        elif "memory" in controllers.split(","):
            yield from ((folder, _V1_LIMITS) for folder in _above(mounted / "memory", path))


def _above(top: Path, path: str) -> Iterator[Path]:
    """Yield the folder of the group, and of all groups above it."""
    inside = PurePosixPath(path.lstrip("/"))
    yield from (top / group for group in (inside, *inside.parents) if ".." not in group.parts)
