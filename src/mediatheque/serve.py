"""`mediatheque serve`: start the database, the worker and the server processes, and stop them in reverse order."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path

import msgspec
import structlog

from mediatheque.blobs import open_store
from mediatheque.config import (
    Config,
    check_model_installed,
    export_config,
    unknown_variables,
    with_database_url,
    wrong_setting,
)
from mediatheque.errors import LibraryError
from mediatheque.first_run import print_first_run
from mediatheque.http import logs
from mediatheque.http.forwarded import TrustedProxies
from mediatheque.http.rate_config import RateConfig
from mediatheque.listen import listen_address
from mediatheque.processes.machine import shared_memory_bytes
from mediatheque.processes.open_files import connections_within, raise_limit
from mediatheque.processes.supervise import ProcessSupervisor
from mediatheque.processes.temporary import ensure_temporary_folder
from mediatheque.records.embedded import DataFolderLock, EmbeddedConfig, EmbeddedPostgres

_WORKER_DELAY_SECONDS = 2  # the server processes start first: a worker that starts beside them slows them down
_CLOSING_SECONDS = 5  # for a worker process to close after its last task
_OTHER_CONNECTIONS = 20  # of commands, of probes for a lost database, and reserved for the superuser
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - no file that was there before is trusted
_METRICS_BYTES = 32 << 20  # more than the files of all processes
_log = structlog.get_logger()


def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartupError or ConfigError when it cannot start."""
    logs.configure()
    os.umask(os.umask(0o077) | 0o022)
    for variable in unknown_variables(os.environ):
        _log.warning("unknown_setting_ignored", variable=variable)
    config = _limit_connections(config)
    _check_settings(config)
    address = listen_address(config.host, config.port)
    with _database(config) as url:
        from mediatheque.bootstrap import bootstrap  # noqa: PLC0415 - imported while PostgreSQL starts
        from mediatheque.http_server import build_server  # noqa: PLC0415

        ensure_temporary_folder(config.data / "tmp")
        embedded, config = not config.database.url, with_database_url(config, url)
        if key := bootstrap(config, embedded=embedded):
            sys.stdout.write(print_first_run(config, key))
            sys.stdout.flush()
        export_config(config)
        with _metrics(config.data), _worker(config):
            build_server(config, address).serve()


@contextmanager
def _database(config: Config) -> Iterator[str]:
    """Lock the data folder, and yield the URL of the running database."""
    if config.database.url:
        with DataFolderLock(config.data):
            yield config.database.url
    else:
        processes = config.server_processes + config.run_worker
        connections = max(100, processes * config.database.pool_max + _OTHER_CONNECTIONS)
        embedded = EmbeddedConfig(data=config.data, max_connections=connections)
        with EmbeddedPostgres(embedded, meanwhile=_import_rest) as url:
            yield url


def _import_rest() -> None:
    """Import what a start needs only when the database runs: as long as that takes, this process has nothing to do."""
    for module in ("bootstrap", "http_server"):
        import_module(f"mediatheque.{module}")


def _check_settings(config: Config) -> None:
    """Use each setting once that fails only when it is used: a server process that ends at its start is respawned.

    Raises ConfigError when one fails.
    """
    try:
        open_store(config.blobs, create=False)
    except (ValueError, TypeError, LibraryError) as error:
        raise wrong_setting("blobs.location", error) from None
    check_model_installed(config)
    try:
        TrustedProxies(config.trusted_proxies)
    except ValueError as error:
        raise wrong_setting("trusted_proxies", error) from None
    if config.rate != RateConfig():
        _check_rate(config.rate)


def _check_rate(config: RateConfig) -> None:
    from limits.errors import ConfigurationError  # noqa: PLC0415 - most starts do without the package limits

    from mediatheque.http.rate_limit import RateLimiter  # noqa: PLC0415

    try:
        RateLimiter(config)
    except (ValueError, TypeError, ConfigurationError) as error:
        raise wrong_setting("rate.storage", error) from None


@contextmanager
def _metrics(data: Path) -> Iterator[None]:
    """Make an empty folder in which the server processes add up their metrics.

    It lies in shared memory where there is such a file system: a process that writes to a file mapped from a full disk
    is killed by SIGBUS.
    """
    folder = _make_metrics_folder(data)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_metrics_folder(data: Path) -> Path:
    found = data.stat()
    shared = _SHARED_MEMORY / f"mediatheque-metrics-{found.st_dev:x}-{found.st_ino:x}"
    shutil.rmtree(shared, ignore_errors=True)
    if shared_memory_bytes() >= _METRICS_BYTES:
        with suppress(OSError):  # the folder is another user's
            shared.mkdir(mode=0o700)
            return shared
    folder = data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _worker(config: Config) -> AbstractContextManager[object]:
    """Supervise a worker process when the configuration asks for one. `mediatheque worker` runs one unsupervised.

    It has the lowest priority, since requests wait for the processor, and tasks can.
    """
    command = [sys.executable, "-P", "-m", "mediatheque.run_worker", str(os.getpid())]
    stop_timeout = config.drain_seconds + _CLOSING_SECONDS
    if not config.run_worker:
        return nullcontext()
    return ProcessSupervisor(command, delay=_WORKER_DELAY_SECONDS, stop_timeout=stop_timeout, low_priority=True)


def _limit_connections(config: Config) -> Config:
    """Raise the limit of open files, and return the configuration with as many connections as it allows."""
    files = raise_limit()
    connections = connections_within(files, config.max_connections)
    if connections < config.max_connections:
        _log.warning("connections_limited", connections=connections, open_files=files)
    return msgspec.structs.replace(config, max_connections=connections)
