"""A worker process as the system sees it: how it is started, killed, and its end waited for. All but `kill` block."""

import multiprocessing
import socket
from multiprocessing import util

from mediatheque.errors import Unavailable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.worker import GREETING, serve

_START_SECONDS = 30
_GRACE_SECONDS = 0.5  # who is told to go, or is crashing, needs a few milliseconds
_KILL_SECONDS = 5
_BEFORE_WAITING_FOR_CHILDREN = 10  # the exit priority that multiprocessing gives to nothing of its own


class WorkerProcess:
    """A confined process that has said it is ready, and `line`, the socket to it.

    The two ends of the socket are held by the server and by this one worker, so each of them learns of the other's
    death. The fork server forks the process and forgets its end; no other worker ever has a copy.
    """

    def __init__(self, config: SandboxConfig) -> None:
        """Takes some milliseconds, for the first one half a second. Raises Unavailable if it does not start."""
        self.line, theirs = socket.socketpair()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["mediatheque.media.sandbox.preload"])
        self._process = context.Process(target=serve, args=(theirs, config), daemon=True)
        with theirs:
            self._start()
        self._at_exit = util.Finalize(None, self._process.kill, exitpriority=_BEFORE_WAITING_FOR_CHILDREN)
        self._expect_greeting()

    def kill(self) -> None:
        """Whatever it is doing. `end` is still to be called."""
        self._process.kill()

    def end(self) -> int | None:
        """Lets an idle process go, kills any other, and waits for its end. The exit code, if the system tells."""
        self.line.close()
        self._process.join(_GRACE_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join(_KILL_SECONDS)
        self._at_exit.cancel()
        exitcode = self._process.exitcode
        if exitcode is not None:
            self._process.close()
        return exitcode

    def _start(self) -> None:
        try:
            self._process.start()
        except (OSError, EOFError) as error:  # EOFError: the fork server ended meanwhile; the next start has a new one
            self.line.close()
            raise Unavailable("No media worker could be started.") from error

    def _expect_greeting(self) -> None:
        self.line.settimeout(_START_SECONDS)
        try:
            ready = self.line.recv(len(GREETING)) == GREETING
        except OSError:
            ready = False
        if not ready:
            self.kill()
            self.end()
            raise Unavailable("The media workers do not start. Is MEDIATHEQUE_SANDBOX_MEMORY_BYTES too small?")
        self.line.setblocking(False)
