"""Remains of a crash: processes, postmaster.pid, sockets."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from mediatheque.records.embedded.config import StartupError
from mediatheque.records.embedded.processes import Process, postgres_on

_log = structlog.get_logger()


def cleanup_stale(cluster: Path, socket_folder: Path, timeout: float = 60.0) -> None:
    """End the processes that a former owner left on a cluster that we have locked, and remove its files.

    A postmaster has `timeout` seconds to shut down. Its orphans are killed at once: PostgreSQL does not start before
    the last of them has released the shared memory. Raises StartupError when another PostgreSQL uses the cluster.
    """
    deadline = time.monotonic() + timeout
    asked: set[int] = set()
    while left := postgres_on(cluster):
        postmasters = _postmasters(left, cluster)
        if postmasters and time.monotonic() < deadline:
            _signal([process for process in postmasters if process.pid not in asked], signal.SIGINT)
            if not asked:
                _log.warning("former_postgres_still_runs", pids=[process.pid for process in postmasters])
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
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(process.pid, number)
