"""The way in for a command beside a server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediatheque.records.embedded.config import EmbeddedConfig, StartupError
from mediatheque.records.embedded.lock import DataFolderBusy
from mediatheque.records.embedded.processes import PidFile, find
from mediatheque.records.embedded.socket import url
from mediatheque.records.embedded.supervisor import EmbeddedPostgres


def running_conninfo(data: Path) -> str | None:
    """URL of the PostgreSQL that serves this data folder now; None when none is ready.

    Raises StartupError when this user may not look.
    """
    cluster = data.resolve() / "postgres"
    try:
        file = PidFile.read(cluster)
        process = find(file.pid) if file is not None and file.status == "ready" else None
        if file is None or process is None or not (process.is_postgres and process.is_alive(cluster)):
            return None
    except PermissionError as error:
        raise StartupError(f"{cluster} belongs to another user: run this as the user of the server.") from error
    return url(file.socket_folder)


@contextmanager
def connect_or_start(config: EmbeddedConfig, patience: float = 10.0) -> Iterator[str]:
    """URL of the running server's database, or of one that is started for as long as the block lasts.

    A server that is just starting, or restarting its PostgreSQL, is waited for up to `patience` seconds.
    Raises DataFolderBusy, StartupError.
    """
    deadline = time.monotonic() + patience
    while (running := running_conninfo(config.data)) is None:
        server = EmbeddedPostgres(config)
        try:
            started = server.start()
        except DataFolderBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
            continue
        try:
            yield started
        finally:
            server.stop()
        return
    yield running
