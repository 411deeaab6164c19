"""Servers as child processes: finding free ports, waiting until they are ready, stopping all of their processes."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench.client import Connection, RefusedError


def free_ports(count: int) -> list[int]:
    """Return ports that are not in use. All are held until all are known, so they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    """A running server and its child processes."""

    def __init__(self, command: list[str], log: Path, cwd: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=cwd,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def wait_until_ready(self, port: int, path: str, timeout: float = 60) -> None:
        """Wait until GET `path` answers 2xx."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._process.args!r} ended early: {self.log.read_text()[-2000:]}")
            with contextlib.suppress(OSError, RefusedError), Connection(port, 2) as connection:
                connection.request("GET", path)
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self._process.args!r} is not ready: {self.log.read_text()[-2000:]}")

    def tree(self) -> list[int]:
        """Return the process ids of the server and all its descendants."""
        return [self._process.pid, *_descendants(self._process.pid)]

    def processor_seconds(self) -> float:
        """Return the processor time so far of the server and all its descendants, those that have ended among them."""
        return sum(processor_seconds(pid) for pid in self.tree())

    def stop(self) -> None:
        """Send SIGTERM, then kill the process group and every descendant."""
        pids = self.tree()
        _signal_all(pids[:1], signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        _signal_all([p for p in pids if _alive(p)], signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(5)


def processor_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [root]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found
