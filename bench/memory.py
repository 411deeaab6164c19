"""Memory of a process tree: the sum of PSS, which counts shared pages once and excludes the page cache."""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

_INTERVAL = 0.05


def total_pss(pids: list[int]) -> int:
    """Return the sum in bytes. Processes that have ended count as 0."""
    return sum(_pss_of(pid) for pid in pids)


def _pss_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


class MemorySampler:
    """Samples the memory every 50 ms inside `with`. The tree is read anew each time."""

    def __init__(self, tree: Callable[[], list[int]]) -> None:
        self._tree = tree
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.samples: list[int] = []

    def _sample(self) -> None:
        while True:
            began = time.monotonic()
            self.samples.append(total_pss(self._tree()))
            if self._ended.wait(max(0.0, _INTERVAL - (time.monotonic() - began))):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
