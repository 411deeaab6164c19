"""Starting and stopping a worker process. Everything but `kill` blocks."""

import multiprocessing
import socket
from contextlib import suppress
from multiprocessing import forkserver, util
from multiprocessing.context import ForkServerContext

from mediatheque.errors import Unavailable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.worker import GREETING, serve

_START_SECONDS = 30
_GRACE_SECONDS = 0.5  # a worker whose socket is closed, or that is crashing, needs a few milliseconds to end
_KILL_SECONDS = 5
_BEFORE_WAITING_FOR_CHILDREN = 10  # an exit priority that multiprocessing itself does not use


def start_fork_server() -> None:
    """Start the process that forks the workers, and return while it still imports the decoders.

    When it cannot be started, the start of the first worker tries again and says so.
    """
    _fork_server()
    with suppress(OSError):
        forkserver.ensure_running()


def _fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mediatheque.media.sandbox.preload"])
    return context


class WorkerProcess:
    """A confined process that has reported that it is ready, and the socket to it.

    Only the server and this worker hold an end of the socket, so each of them notices when the other dies. The fork
    server closes its copy after the fork; no other worker ever has one.
    """

    def __init__(self, config: SandboxConfig) -> None:
        """Takes some milliseconds, half a second for the first one. Raises `Unavailable` when it does not start."""
        self.socket, worker_socket = socket.socketpair()
        self._process = _fork_server().Process(target=serve, args=(worker_socket, config), daemon=True)
        with worker_socket:
            self._start()
        self._at_exit = util.Finalize(None, self._process.kill, exitpriority=_BEFORE_WAITING_FOR_CHILDREN)
        self._expect_greeting()

    def kill(self) -> None:
        """Kill the process, even while it works. `stop` must be called afterwards."""
        self._process.kill()

    def stop(self) -> int | None:
        """Let an idle process end, kill any other, and wait for it. Return the exit code, if known."""
        self.socket.close()
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
        except (
            OSError,
            EOFError,
        ) as error:  # EOFError: the fork server ended; the next start makes a new one
            self.socket.close()
            raise Unavailable("No media worker could be started.") from error

    def _expect_greeting(self) -> None:
        self.socket.settimeout(_START_SECONDS)
        try:
            ready = self.socket.recv(len(GREETING)) == GREETING
        except OSError:
            ready = False
        if not ready:
            self.kill()
            self.stop()
            raise Unavailable("The media workers do not start. Is MEDIATHEQUE_SANDBOX_MEMORY_BYTES too small?")
        self.socket.setblocking(False)
