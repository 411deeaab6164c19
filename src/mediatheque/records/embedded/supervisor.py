"""Supervision of the embedded PostgreSQL: it is restarted whenever it ends, from `start` to `stop`."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from mediatheque.records.connections.libpq import ignore_variables
from mediatheque.records.embedded.cluster import Cluster
from mediatheque.records.embedded.config import EmbeddedConfig, StartupError
from mediatheque.records.embedded.lock import DataFolderLock
from mediatheque.records.embedded.log import ServerLog
from mediatheque.records.embedded.postmaster import Postmaster
from mediatheque.records.embedded.socket import DATABASE, url

_log = structlog.get_logger()
_STABLE_SECONDS = 1.0
"""Seconds after which a run resets the delay."""
_DELAY, _MAX_DELAY = 0.05, 5.0
"""Seconds before a restart: none after the first failure, then about doubled with each."""
_STILL_IN_USE = "is still in use"
"""Words of PostgreSQL's error when a process that is about to end still holds the shared memory."""


class EmbeddedPostgres:
    """A PostgreSQL of this process; also a context manager that yields its URL. It can be started once.

    One permanent thread creates the cluster, starts PostgreSQL and restarts it whenever it ends. The kernel shuts
    PostgreSQL down when the *thread* that started it ends, and so with this process, even after `kill -9`.
    """

    def __init__(self, config: EmbeddedConfig, meanwhile: Callable[[], None] | None = None) -> None:
        """`meanwhile` is what the thread that calls `start` does once PostgreSQL was launched, until it is ready."""
        self.config = config
        self._meanwhile = meanwhile
        self.log = ServerLog(config.data)
        self._lock = DataFolderLock(config.data)
        self._launched = threading.Event()
        self._started: Future[Cluster] = Future()
        self._stopping = threading.Event()
        self._launch_lock = threading.Lock()
        self._postmaster: Postmaster | None = None
        self._thread = threading.Thread(target=self._supervise, name="postgres", daemon=True)

    def start(self) -> str:
        """Start PostgreSQL and return the URL of the database `mediatheque` once it accepts connections.

        Recovery may take any time. Variables of libpq are removed from the environment of this process: they would
        change what the URL means. Raises DataFolderBusy, or StartupError with the end of PostgreSQL's log.
        """
        self._lock.acquire()
        try:
            self._thread.start()
            if self._meanwhile:
                self._launched.wait()  # two threads that are busy in Python make each other slow
                self._meanwhile()
            cluster = self._started.result()
            ignore_variables()
            _create_database(cluster)
        except BaseException:
            self.stop()
            raise
        return url(cluster.socket_folder)

    def stop(self) -> None:
        """Shut down fast, or immediately when that takes longer than `stop_timeout`. May be called twice."""
        with self._launch_lock:
            self._stopping.set()
        if self._postmaster is not None:
            self._postmaster.end(self.config.stop_timeout)
        if self._thread.ident is not None:
            self._thread.join()
        self._lock.release()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster; of the former one while it is being restarted."""
        return self._postmaster.pid if self._postmaster else None

    def _supervise(self) -> None:
        try:
            cluster = Cluster(self.config)
            self._first_launch(cluster)
        except Exception as error:  # noqa: BLE001 - `start` waits for any error of this thread
            self._started.set_exception(
                error if isinstance(error, StartupError) else StartupError(f"PostgreSQL cannot be run: {error}")
            )
            return
        finally:
            self._launched.set()
        self._started.set_result(cluster)
        self._keep_running(cluster)

    def _first_launch(self, cluster: Cluster) -> None:
        """Launch PostgreSQL for `start`. Raises StartupError when it ends before it is ready."""
        deadline = time.monotonic() + 10.0
        cluster.clear()
        while not self._launch(cluster):
            tail = self.log.tail()
            if _STILL_IN_USE not in tail or time.monotonic() > deadline:
                raise StartupError(f"PostgreSQL did not start; {self.log.path} says: {tail}")
            time.sleep(_DELAY)

    def _launch(self, cluster: Cluster) -> bool:
        """Start PostgreSQL and wait until it is ready; returns False when it ended, or `stop` was called."""
        with self._launch_lock:
            if self._stopping.is_set():
                return False
            self._postmaster = Postmaster(cluster, self.log)
            self._launched.set()
        return self._postmaster.wait_until_ready()

    def _keep_running(self, cluster: Cluster) -> None:
        """Restart PostgreSQL whenever it ends: at once, or after a growing delay when it ends soon each time."""
        failures = 0
        begun = time.monotonic()
        while True:
            code = self._postmaster.wait() if self._postmaster else None
            if self._stopping.is_set():
                break
            failures = 0 if time.monotonic() - begun > _STABLE_SECONDS else failures + 1
            delay = min(_DELAY * (2 ** max(failures - 1, 0) - 1), _MAX_DELAY)
            _log.error("postgres_ended", exit_code=code, restart_after=delay, log=self.log.tail())
            if self._stopping.wait(delay):
                break
            begun = time.monotonic()
            self._relaunch(cluster)
        cluster.close()

    def _relaunch(self, cluster: Cluster) -> None:
        try:
            cluster.clear()
            if self._launch(cluster):
                _log.info("postgres_restarted", pid=self.pid)
        except Exception as error:  # noqa: BLE001 - PostgreSQL ends with this thread; another attempt follows
            _log.error("postgres_restart_failed", reason=str(error))


def _create_database(cluster: Cluster) -> None:
    """Create the database `mediatheque` in a new cluster."""
    import psycopg  # noqa: PLC0415 - the callers of `start` import the driver meanwhile
    from psycopg import sql  # noqa: PLC0415

    with psycopg.connect(url(cluster.socket_folder, "postgres"), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if exists is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
