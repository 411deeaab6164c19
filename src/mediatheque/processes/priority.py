"""The priority of a process among the others that want a processor."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import structlog

_LOWEST = 19
"""The highest niceness: beside one busy process of normal priority it leaves a seventieth of a processor."""
_SESSION = 10
"""The niceness of a session: beside a busy one it leaves a tenth of a processor. Other programs are such sessions, too,
and beside some that never pause a seventieth would not suffice to start and to stop.
"""
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


def lower_priority_of_session() -> None:
    """Lower the priority of the session that this process leads; of none when it leads none.

    Linux may divide the processors among sessions first, and by the niceness of processes only within each: see
    "autogroup" in sched(7). PostgreSQL's processes have a session each.
    """
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # this system divides them among processes alone
            Path("/proc/self/autogroup").write_text(f"{_SESSION}")
