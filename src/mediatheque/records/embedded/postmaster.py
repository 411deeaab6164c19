"""One run of PostgreSQL."""

import os
import signal
import subprocess
import time

import structlog

from mediatheque.records.embedded.cluster import Cluster
from mediatheque.records.embedded.identity import ENVIRONMENT
from mediatheque.records.embedded.log import ServerLog
from mediatheque.records.embedded.processes import PidFile

_log = structlog.get_logger()
_TELL_SECONDS = 5.0
"""Seconds between two lines of the log while PostgreSQL recovers."""


class Postmaster:
    """The postmaster process. The kernel sends it SIGINT when the thread that made this object ends."""

    def __init__(self, cluster: Cluster, log: ServerLog) -> None:
        self.cluster = cluster
        self._log = log
        stderr = log.open()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own binaries and arguments
                cluster.command(),
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C reaches us alone: requests drain before the database stops
            )
        finally:
            os.close(stderr)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait_until_ready(self) -> bool:
        """Wait until it accepts connections (True) or has ended (False).

        Without a limit, since the recovery of much can take long; the log tells of the wait and its reason.
        """
        tell_at = time.monotonic() + _TELL_SECONDS
        while self._process.poll() is None:
            if time.monotonic() > tell_at:
                _log.warning("postgres_not_ready_yet", pid=self.pid, log=self._log.tail())
                tell_at += _TELL_SECONDS
            file = PidFile.read(self.cluster.folder)
            if file is not None and (file.pid, file.status) == (self.pid, "ready"):
                return True
            time.sleep(0.01)
        return False

    def wait(self) -> int:
        """Wait until it has ended; returns its exit code."""
        return self._process.wait()

    def end(self, timeout: float) -> None:
        """Shut down fast; after `timeout` seconds immediately; after 5 more by SIGKILL. Waits for its end."""
        for number, seconds in ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None)):
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                _log.warning("postgres_did_not_stop", signal=number.name, waited=seconds)
            else:
                return
