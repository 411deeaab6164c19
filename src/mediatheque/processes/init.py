"""Process 1 of a container: it passes signals on, and reaps processes whose parents have ended.

The kernel ignores a signal to process 1 that it has no handler for, so that a stop during the start would have no
effect; and every orphan in the container becomes a child of process 1, which stays a zombie until it is waited for.
"""

import os
import signal
import sys
from types import FrameType

_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def become_init() -> None:
    """When this process is process 1, go on in a child of it; process 1 itself ends with the child's status.

    Call it first of all: a fork copies the calling thread alone.
    """
    if os.getpid() != 1 or sys.platform != "linux":
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # Ctrl-C in a terminal reaches process 1 alone, which passes it on
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        return
    for number in _PASSED_ON:
        signal.signal(number, _passing_to(child))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    os._exit(_reap_until(child))


def _passing_to(child: int) -> "signal._HANDLER":
    def handle(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    return handle


def _reap_until(child: int) -> int:
    """Wait for every process that ends, up to the child; returns its exit status."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
