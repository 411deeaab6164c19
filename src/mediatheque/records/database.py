"""Connections to PostgreSQL for all of records/, and the translation of its errors."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Self

import msgspec
import psycopg
import structlog
from msgspec import Meta
from psycopg import AsyncConnection, AsyncCursor
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from mediatheque.errors import DatabaseUnavailable, InvariantError, LibraryError, StorageFull
from mediatheque.records.availability import Availability
from mediatheque.records.conninfo import check_conninfo
from mediatheque.redaction import Discreet

Connection = AsyncConnection[DictRow]
"""A connection whose rows are dicts."""

_log = structlog.get_logger()
_MIN_SUSPECT_SECONDS = 1.0
"""Seconds between two probes for the sole reason that no connection was free."""


_SESSION_SETTINGS = {
    "jit": "off",  # compiling takes longer than any of our queries
    "hnsw.iterative_scan": "relaxed_order",  # else a filter can empty the list of the nearest; the query sorts it again
    "hnsw.ef_search": 120,  # two vectors of each of fifty assets, and some that a filter excludes
    "pg_trgm.word_similarity_threshold": 0.5,  # two transposed letters in a word of nine
}


class DatabaseConfig(Discreet, frozen=True, kw_only=True):
    """How to reach PostgreSQL, and how many connections to keep."""

    url: str = ""
    """URL or conninfo of your own PostgreSQL, 15 or later with pgvector; by default the embedded PostgreSQL runs."""
    pool_min: Annotated[int, Meta(ge=0)] = 4
    """Connections that each server or worker process keeps open."""
    pool_max: Annotated[int, Meta(ge=2)] = 16
    """Most connections of each server or worker process; all processes together must stay below `max_connections`."""
    pool_timeout: Annotated[float, Meta(gt=0)] = 2.0
    """Seconds that a request waits for a connection before it gets a 503."""
    connect_timeout: Annotated[int, Meta(ge=1)] = 3
    """Seconds for one connection to be made."""
    start_timeout: Annotated[float, Meta(gt=0)] = 10.0
    """Seconds for the first connections to be made."""
    statement_timeout: Annotated[float, Meta(gt=0)] = 30.0
    """Seconds that a statement may run."""
    idle_timeout: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds that a transaction may stay open without a statement."""

    def __post_init__(self) -> None:
        try:
            check_conninfo(self.url)
        except ValueError as error:
            raise ValueError(f"url: {error}") from None

    @property
    def conninfo(self) -> str:
        """Add our session settings to the URL; its own take precedence."""
        theirs = conninfo_to_dict(self.url)
        options = [
            f"-c statement_timeout={round(self.statement_timeout * 1000)}",
            f"-c idle_in_transaction_session_timeout={round(self.idle_timeout * 1000)}",
            "-c timezone=UTC",
            *(f"-c {name}={value}" for name, value in _SESSION_SETTINGS.items()),
            str(theirs.pop("options", "")),
        ]
        ours = {
            "connect_timeout": str(self.connect_timeout),
            "tcp_user_timeout": "10000",  # ms until a silent host counts as lost; the kernel takes 15 minutes
            "application_name": "mediatheque",
            "options": " ".join(options).strip(),
        }
        return make_conninfo("", **{**ours, **theirs})


class Database:
    """A pool of connections that fails at once while PostgreSQL is away, and recovers as soon as it answers.

    Also an async context manager. `pool` is public for the job queue, which shares it.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self.config = config
        self._availability = Availability(self._answers, self._replace_dead_connections)
        self.pool = self._make_pool()

    async def open(self) -> None:
        """Make the first connections. Raises DatabaseUnavailable when that takes longer than `start_timeout`."""
        try:
            await self.pool.open(wait=True, timeout=self.config.start_timeout)
        except psycopg.OperationalError as error:
            await self.close()
            raise DatabaseUnavailable("The database does not answer.") from error

    async def close(self) -> None:
        """Close every connection; one in use is closed when it is returned."""
        await self._availability.close()
        await self.pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection in autocommit mode, for reads. Raises DatabaseUnavailable or StorageFull.

        psycopg's other errors pass unchanged: they are bugs, or conflicts that the caller catches inside the block.
        """
        connection = await self._take()
        try:
            yield connection
        except psycopg.Error as error:
            if _is_lost(connection, error):
                self._availability.suspect()
            raise _to_library_error(connection, error) from error
        finally:
            await self.pool.putconn(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, committed when the block ends without exception.

        Raises what `connection` raises; after DatabaseUnavailable the commit may or may not have happened.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def ready(self) -> None:
        """Run a query. Raises DatabaseUnavailable when PostgreSQL does not answer."""
        async with self.connection() as connection:
            await connection.execute("SELECT 1")

    async def _take(self) -> Connection:
        try:
            async with self._availability.timeout():
                return await self.pool.getconn()
        except TimeoutError as error:
            raise DatabaseUnavailable from error
        except psycopg.OperationalError as error:  # every connection is busy, or hangs
            if not self.pool.closed and time.monotonic() - self._availability.suspected_at > _MIN_SUSPECT_SECONDS:
                self._availability.suspect()
            raise DatabaseUnavailable from error

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(self.config.connect_timeout):
                probe = await AsyncConnection.connect(self.config.conninfo)
        except (psycopg.OperationalError, TimeoutError):
            return False
        await probe.close()
        return True

    async def _replace_dead_connections(self) -> None:
        await self.pool.check()

    def _make_pool(self) -> AsyncConnectionPool[Connection]:
        availability = self._availability

        class WaitingConnection(AsyncConnection[DictRow]):
            """Connects while PostgreSQL is available alone: the pool pauses 1, 2, 4 s after failed attempts."""

            @classmethod
            async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
                await availability.wait_known()
                connection = await super().connect(conninfo, **{**kwargs, "autocommit": True})
                set_json_loads(msgspec.json.decode, connection)
                return connection

        return AsyncConnectionPool(
            self.config.conninfo,
            connection_class=WaitingConnection,
            kwargs={"row_factory": dict_row},
            min_size=min(self.config.pool_min, self.config.pool_max),
            max_size=self.config.pool_max,
            timeout=self.config.pool_timeout,
            reconnect_timeout=5,
            open=False,
            name="mediatheque",
        )


async def fetch_one(cursor: AsyncCursor[DictRow]) -> DictRow:
    """Return the row of a statement that always has one. Raises `InvariantError` when there is none."""
    row = await cursor.fetchone()
    if row is None:
        raise InvariantError("a statement that always returns a row returned none")
    return row


def _is_lost(connection: Connection, error: psycopg.Error) -> bool:
    """Whether the connection, or PostgreSQL itself, is gone (class 57P: it shuts down or starts)."""
    return connection.closed or (error.sqlstate or "").startswith("57P") or _ended_by(error)


def _ended_by(error: psycopg.Error) -> bool:
    """Whether the error ended PostgreSQL or the connection, so that a commit may or may not have happened."""
    return error.diag.severity_nonlocalized in ("FATAL", "PANIC")


def _to_library_error(connection: Connection, error: psycopg.Error) -> LibraryError | psycopg.Error:
    """Translate an error of PostgreSQL; bugs of ours are returned unchanged.

    Class 54 (a statement exceeds PostgreSQL's limits) is a bug, too, although psycopg makes it an OperationalError.
    """
    if isinstance(error, psycopg.errors.DiskFull) and error.diag.source_file == "dsm_impl.c":
        _log.error("database_shared_memory_full", reason=str(error))
        return DatabaseUnavailable("The database has no shared memory left: its container needs more of it.")
    if isinstance(error, psycopg.errors.DiskFull) and not _ended_by(error):
        return StorageFull()
    unavailable = isinstance(error, psycopg.OperationalError) and not (error.sqlstate or "").startswith("54")
    return DatabaseUnavailable() if unavailable or _is_lost(connection, error) else error
