"""The priority of a process among the others that want a processor."""

import os
import sys

import structlog

_LOWEST = 19
"""The highest niceness: beside one busy process of normal priority it leaves a seventieth of a processor."""
_log = structlog.get_logger()


def lower_priority() -> None:
    """Run when no process of normal priority wants the processor. Where the system refuses that, it is logged.

    On Linux this is for the calling thread, and for threads and processes that it starts from then on; on other
    systems for the whole process.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _LOWEST)
    except OSError as error:
        _log.warning("priority_not_lowered", reason=error.strerror)


def lower_priority_of_thread() -> None:
    """Do so for the calling thread and what it starts; nothing where threads have no priority of their own."""
    if sys.platform == "linux":
        lower_priority()
