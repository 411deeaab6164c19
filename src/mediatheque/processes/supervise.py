"""Supervision of a child process: it is restarted whenever it ends."""

import subprocess
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog

from mediatheque.processes.priority import lower_priority_of_thread

_MIN_DELAY, _MAX_DELAY = 1.0, 30.0
"""Seconds before a restart, doubled each time the process ends soon."""
_STABLE_SECONDS = 10.0
"""Seconds after which a run resets the delay."""
_log = structlog.get_logger()


class ProcessSupervisor:
    """A context manager that runs a command from a thread, and restarts it whatever its exit code.

    The thread lives as long as this process: a child that called `die_with_parent` ends with the thread that started
    it. The first start waits `delay` seconds. At the end the command gets SIGTERM, and SIGKILL after `stop_timeout`
    seconds. With `low_priority`, the command has the lowest priority from its start on, where the system can do that.
    """

    def __init__(
        self, command: Sequence[str], *, delay: float, stop_timeout: float, low_priority: bool = False
    ) -> None:
        self._command = command
        self._low_priority = low_priority
        self._delay = delay
        self._stop_timeout = stop_timeout
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._lock:
            self._stopping.set()
        if self._process:
            self._process.terminate()
        self._thread.join(self._stop_timeout)
        if self._thread.is_alive() and self._process:
            _log.warning("child_process_killed", command=self._command, pid=self._process.pid)
            self._process.kill()
            self._thread.join()

    def _supervise(self) -> None:
        if self._low_priority:
            lower_priority_of_thread()  # which the command inherits
        delay = _MIN_DELAY
        self._stopping.wait(self._delay)
        while not self._stopping.is_set():
            begun = time.monotonic()
            code = self._run()
            if self._stopping.is_set():
                return
            _log.error("child_process_ended", command=self._command, exit_code=code, restart_after=delay)
            self._stopping.wait(delay)
            delay = _MIN_DELAY if time.monotonic() - begun > _STABLE_SECONDS else min(2 * delay, _MAX_DELAY)

    def _run(self) -> int | str:
        """Run the command to its end; returns the exit code, or why it could not be started."""
        try:
            with self._lock:
                if self._stopping.is_set():
                    return 0
                # In a session of its own: Ctrl-C in a terminal reaches the parent alone, and the child can lower the
                # priority of its session.
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    self._command, stdin=subprocess.DEVNULL, start_new_session=True
                )
        except OSError as error:
            return str(error)
        return self._process.wait()
