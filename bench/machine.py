"""The machine that the benchmark runs on."""

import datetime
import os
import platform
import re
import statistics
import time
from pathlib import Path

_GiB = 1 << 30
_MiB = 1 << 20


def describe(folder: Path) -> str:
    """Describe processor, memory, kernel, disk and date in one paragraph."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory() / _GiB:.0f} GiB RAM, Linux {platform.release()}, "
        f"{_filesystem(folder)}: {_fsync_time(folder, 4096, 200)} for 4 KiB written and fsynced, "
        f"{_fsync_time(folder, 64 << 20, 3)} for 64 MiB; load average {os.getloadavg()[0]:.1f} before; {today}"
    )


def memory() -> int:
    """Return the size of the memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _filesystem(folder: Path) -> str:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    over = [m for m in mounts if folder.resolve().is_relative_to(m[1])]
    return max(over, key=lambda m: len(m[1]))[2]


def _fsync_time(folder: Path, size: int, times: int) -> str:
    data, took = os.urandom(size), []
    path = folder / "fsync"
    for _ in range(times):
        with path.open("wb", buffering=0) as file:
            began = time.perf_counter()
            file.write(data)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return f"{statistics.median(took) * 1000:.2f} ms"


def addition_milliseconds() -> float:
    """Return the milliseconds of five million additions in Python: a core's speed varies on a shared host."""
    began, total = time.perf_counter(), 0
    for number in range(5_000_000):
        total += number
    return (time.perf_counter() - began) * 1000


def settle(folder: Path) -> None:
    """Prepare a measurement: no bytes are waiting to be written, and unused memory belongs to this machine.

    A virtual machine returns unused memory to its host. The first write into such pages ran at 0.3 GB/s instead of 3
    (measured), which would dominate an upload. Pages just freed are still present, so this writes a scratch file that
    is unlinked before any of it reaches the disk.
    """
    os.sync()
    scratch = folder / "scratch"
    block = bytes(_MiB)
    with scratch.open("wb", buffering=0) as file:
        scratch.unlink()
        for _ in range(384):
            file.write(block)
