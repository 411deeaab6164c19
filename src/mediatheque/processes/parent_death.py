"""A child process that does not outlive its parent."""

import ctypes
import multiprocessing
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to kill this process when the thread that started it ends. Elsewhere than Linux: nothing.

    `parent` is the number of the process that thread belongs to; what multiprocessing has started knows it by itself.

    Killed and not asked to stop: the database ends with the parent, so that no upload in flight could be acknowledged
    any more, and waiting for one would keep the port from the next start. A parent that ended before this call counts.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is None and (process := multiprocessing.parent_process()):
        parent = process.pid
    if parent not in (None, os.getppid()):
        os._exit(1)
