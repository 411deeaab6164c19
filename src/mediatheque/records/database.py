"""Connections to PostgreSQL for all of records/, and the translation of its errors."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from mediatheque.errors import DatabaseUnavailable, InvariantError, LibraryError, StorageFull
from mediatheque.records.availability import Availability
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.pooler import check_route, check_session
from mediatheque.records.connections.reasons import connection_failed
from mediatheque.records.connections.session import Connection, SessionConnection
from mediatheque.records.connections.settings import session_settings

__all__ = ["Connection", "Database", "DatabaseConfig", "fetch_one"]

_log = structlog.get_logger()
_MIN_SUSPECT_SECONDS = 1.0
"""Seconds between two probes for the sole reason that no connection was free."""


class Database:
    """A pool of connections that fails at once while PostgreSQL is away, and recovers as soon as it answers.

    Also an async context manager. `pool` is public for the job queue, which shares it.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self.config = config
        self._settings = session_settings(config)
        self._is_direct = True
        self._refusal: psycopg.Error | None = None
        self._availability = Availability(self._answers, self._replace_dead_connections)
        self.pool = self._make_pool()

    async def open(self) -> None:
        """Find out whether there is a pooler, and make the first connections.

        Raises DatabaseUnavailable, with the reason, when the database cannot be used or does not answer within
        `start_timeout`.
        """
        try:
            async with asyncio.timeout(self.config.start_timeout):
                self._is_direct = await check_route(self.config)
                await self.pool.open(wait=True, timeout=self.config.start_timeout)
        except (psycopg.Error, TimeoutError) as error:
            await self.close()
            raise DatabaseUnavailable(connection_failed(self._refusal or error)) from error
        except DatabaseUnavailable:
            await self.close()
            raise

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

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Yield a connection in autocommit mode that has one session of PostgreSQL for as long as the block takes.

        For locks of a session, LISTEN, and statements that no transaction may contain. It is a connection of the pool
        where those are direct, else a connection of its own. Raises what `connection` raises.
        """
        if self._is_direct:
            async with self.connection() as connection:
                yield connection
            return
        async with await self.open_session() as connection:
            try:
                yield connection
            except psycopg.Error as error:
                raise _to_library_error(connection, error) from error

    async def open_session(self) -> Connection:
        """Return such a connection that is not of the pool. Raises DatabaseUnavailable."""
        config = self.config
        try:
            async with asyncio.timeout(config.start_timeout):
                await self._availability.wait_known()
                connection = await SessionConnection.connect(
                    config.direct_conninfo, settings=self._settings, keep_session=True
                )
                try:
                    await check_session(connection, config)
                except BaseException:
                    await connection.close()
                    raise
                return connection
        except (psycopg.Error, TimeoutError) as error:
            raise DatabaseUnavailable(connection_failed(error, config.direct_setting)) from error

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
        database = self

        class WaitingConnection(SessionConnection):
            """Connects while PostgreSQL is available alone: the pool pauses 1, 2, 4 s after failed attempts."""

            @classmethod
            async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
                await database._availability.wait_known()
                try:
                    connection = await super().connect(conninfo, **kwargs)
                except psycopg.Error as error:
                    database._refusal = error
                    raise
                database._refusal = None
                database._is_direct = connection.is_direct
                return connection

        return AsyncConnectionPool(
            self.config.conninfo,
            connection_class=WaitingConnection,
            kwargs={"settings": self._settings},
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
