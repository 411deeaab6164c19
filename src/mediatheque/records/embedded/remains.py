"""What a crash leaves behind: processes, postmaster.pid, sockets."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mediatheque.records.embedded.config import StartupError
from mediatheque.records.embedded.processes import Process, postgres_on


def cleanup_stale(cluster: Path, socket_folder: Path, patience: float = 60.0) -> None:
    """End what a former owner left running on a cluster that we have locked, and remove what it left lying.

    A postmaster is given `patience` seconds to shut down. Its orphans are killed at once: PostgreSQL does not
    start before the last of them lets go of the shared memory. Raises StartupError for a PostgreSQL not ours.
    """
    deadline = time.monotonic() + patience
    asked: set[int] = set()
    while left := postgres_on(cluster):
        postmasters = _postmasters(left, cluster)
        if postmasters and time.monotonic() < deadline:
            _signal([process for process in postmasters if process.pid not in asked], signal.SIGINT)
            asked.update(process.pid for process in postmasters)
        else:
            _signal(left, signal.SIGKILL)
        time.sleep(0.01)
    for stale in (cluster / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def _postmasters(processes: Sequence[Process], cluster: Path) -> list[Process]:
    postmasters = [process for process in processes if not process.is_child]
    for process in postmasters:
        if not process.is_named(cluster):
            raise StartupError(f"Process {process.pid} runs a PostgreSQL of its own on {cluster}: stop it.")
    return postmasters


def _signal(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # ended between our look and now, which is what we want
            os.kill(process.pid, number)
