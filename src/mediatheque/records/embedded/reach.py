"""The URL of the embedded PostgreSQL for commands, which run beside a server or without one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediatheque.records.connections.libpq import ignore_variables
from mediatheque.records.embedded.config import EmbeddedConfig, StartupError
from mediatheque.records.embedded.lock import DataFolderBusy
from mediatheque.records.embedded.processes import PidFile, find
from mediatheque.records.embedded.socket import url
from mediatheque.records.embedded.supervisor import EmbeddedPostgres


def running_conninfo(data: Path) -> str | None:
    """Return the URL of the PostgreSQL that runs on this data folder, None when none is ready.

    Variables of libpq are removed from the environment of this process: they would change what the URL means.
    Raises StartupError when this user may not read the folder.
    """
    ignore_variables()
    cluster = data.resolve() / "postgres"
    try:
        file = PidFile.read(cluster)
        process = find(file.pid) if file is not None and file.status == "ready" else None
        if file is None or process is None or not (process.is_postgres and process.works_in(cluster)):
            return None
    except PermissionError as error:
        raise StartupError(f"{cluster} belongs to another user: run this as the user of the server.") from error
    return url(file.socket_folder)


@contextmanager
def connect_or_start(config: EmbeddedConfig, timeout: float = 10.0) -> Iterator[str]:
    """Yield the URL of the running server's database, or of one that is started for the block.

    Waits up to `timeout` seconds for a server that starts, or restarts its PostgreSQL. Raises DataFolderBusy when it
    takes longer, and StartupError when the database cannot be started.
    """
    deadline = time.monotonic() + timeout
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
