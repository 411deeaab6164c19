"""A child process that is kept running for as long as its parent runs."""

import subprocess
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog

_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a process that ended is started again, doubled while it ends soon each time."""
_STEADY = 10.0
"""Seconds after which a run counts as good."""
_log = structlog.get_logger()


class ProcessSupervisor:
    """Starts the command in a thread, and again whatever it ended with; a context manager that ends it for good.

    The thread lives as long as the process: the kernel ends a child that asked for it (`die_with_parent`) with the
    thread that started it. The first start is put off by `delay` seconds. The command is told to end by SIGTERM, and
    killed where that takes it more than `patience` seconds.
    """

    def __init__(self, command: Sequence[str], *, delay: float, patience: float) -> None:
        self._command = command
        self._delay = delay
        self._patience = patience
        self._ending = threading.Event()
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._turn:
            self._ending.set()
        if self._process:
            self._process.terminate()
        self._thread.join(self._patience)
        if self._thread.is_alive() and self._process:
            _log.warning("child process does not end and is killed", command=self._command, pid=self._process.pid)
            self._process.kill()
            self._thread.join()

    def _keep(self) -> None:
        pause = _PAUSE
        self._ending.wait(self._delay)
        while not self._ending.is_set():
            begun = time.monotonic()
            code = self._run()
            if self._ending.is_set():
                return
            _log.error("child process ended, restarting", command=self._command, exit_code=code, pause=pause)
            self._ending.wait(pause)
            pause = _PAUSE if time.monotonic() - begun > _STEADY else min(2 * pause, _LONGEST_PAUSE)

    def _run(self) -> int | str:
        """From start to end: the exit code, or why there was no start."""
        try:
            with self._turn:
                if self._ending.is_set():
                    return 0
                # In a group of its own: what a terminal says is said to the parent alone.
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 - our own program
        except OSError as error:
            return str(error)
        return self._process.wait()
