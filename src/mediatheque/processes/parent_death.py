"""Child processes that end with their parent.

`records/embedded/launch.py` makes the same system call by itself: it imports nothing of ours, to start in 15 ms.
"""

import ctypes
import multiprocessing
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Make the kernel kill this process when the thread that started it ends; on Linux alone.

    `parent` is the id of the process with that thread; by default the one that multiprocessing knows as the parent.
    When it ended before this call, this process ends at once.

    The signal is SIGKILL, not SIGTERM: the database ends with the parent, so that no upload in flight can be
    acknowledged any more, and waiting for one would keep the port from the next start.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is None and (process := multiprocessing.parent_process()):
        parent = process.pid
    if parent not in (None, os.getppid()):
        os._exit(1)
