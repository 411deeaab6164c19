"""Connections to PostgreSQL for all of records/, and the translation of its errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

import psycopg
import structlog
from psycopg import AsyncCursor
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mediatheque.errors import DatabaseUnavailable, InvariantError
from mediatheque.records.availability import Availability
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.pooler import check_route, check_session
from mediatheque.records.connections.reasons import connection_failed
from mediatheque.records.connections.session import Connection, SessionConnection
from mediatheque.records.connections.settings import session_settings
from mediatheque.records.failures import is_full, is_lost, to_library_error
from mediatheque.records.liveness import is_usable

__all__ = ["Connection", "Database", "DatabaseConfig", "fetch_one"]

_log = structlog.get_logger()
_T = TypeVar("_T")
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
        self._availability = Availability(self._probe, self._replace_connections)
        self._returned_at: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._lost_connection = False
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
        """Yield a connection in autocommit mode, for reads.

        Raises DatabaseUnavailable, TransactionConflict or StorageFull. psycopg's other errors pass unchanged: they are
        bugs, or conflicts that the caller catches inside the block.
        """
        connection = await self._take()
        try:
            yield connection
        except psycopg.Error as error:
            if is_lost(connection, error):
                await self._drop(connection, error)
            raise to_library_error(connection, error) from error
        finally:
            await self._put_back(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, committed when the block ends without exception.

        When the connection is lost before the transaction has begun, it is begun on another one. Raises what
        `connection` raises.
        """
        commits = False
        try:
            async with AsyncExitStack() as stack:
                try:
                    connection = await self._begin(stack)
                except DatabaseUnavailable as error:
                    if self._availability.is_away or isinstance(error.__cause__, TimeoutError | PoolTimeout):
                        raise
                    connection = await self._begin(stack)
                yield connection
                commits = True
        except DatabaseUnavailable as error:
            error.may_have_committed = error.may_have_committed or commits
            raise

    async def repeat_after_outage(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do the work. When the database is lost before anything was committed, and is back within the time that a
        request waits for a connection, do it again once.

        For requests whose body has been received and cannot be had again: all that `work` reads is still there.
        """
        try:
            return await work()
        except DatabaseUnavailable as error:
            if error.may_have_committed or not await self._availability.returns_within(self.config.pool_timeout):
                raise
        return await work()

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
                raise to_library_error(connection, error) from error

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
        """Raise DatabaseUnavailable when PostgreSQL does not answer, or only reads."""
        async with self.connection() as connection:
            await _check_writable(connection)

    async def _begin(self, stack: AsyncExitStack) -> Connection:
        """Begin a transaction that ends with the stack."""
        async with AsyncExitStack() as attempt:
            connection = await attempt.enter_async_context(self.connection())
            await attempt.enter_async_context(connection.transaction())
            stack.push_async_exit(attempt.pop_all())
        return connection

    async def _take(self) -> Connection:
        """Return a connection that can be used. What died while it was idle is replaced, and the request waits."""
        while True:
            connection = await self._get()
            usable = False
            try:
                idle_seconds = time.monotonic() - self._returned_at.get(connection, 0.0)
                usable = await is_usable(connection, idle_seconds)
            finally:
                if not usable:
                    await self._drop(connection)
                    await self.pool.putconn(connection)
            if usable:
                return connection

    async def _get(self) -> Connection:
        try:
            async with self._availability.timeout():
                return await self.pool.getconn()
        except TimeoutError as error:
            raise DatabaseUnavailable from error
        except psycopg.OperationalError as error:  # every connection is busy, or hangs
            if not self.pool.closed and time.monotonic() - self._availability.suspected_at > _MIN_SUSPECT_SECONDS:
                self._availability.suspect(error)
            raise DatabaseUnavailable from error

    async def _put_back(self, connection: Connection) -> None:
        self._returned_at[connection] = time.monotonic()
        await self.pool.putconn(connection)

    async def _drop(self, connection: Connection, error: psycopg.Error | None = None) -> None:
        """Close a connection that is of no more use, and have the pool's others replaced when PostgreSQL answers."""
        await connection.close()
        self._lost_connection = True
        self._availability.suspect(error)

    async def _probe(self) -> None:
        """Raise DatabaseUnavailable, with the reason, unless PostgreSQL accepts connections and writes.

        One that has no connection left is not away: it serves those that it has.
        """
        try:
            async with asyncio.timeout(self.config.connect_timeout):
                async with await SessionConnection.connect(self.config.conninfo) as probe:
                    await _check_writable(probe)
        except (psycopg.Error, TimeoutError) as error:
            if is_full(error):
                return
            raise DatabaseUnavailable(" ".join(str(error).split()) or "It does not answer in time.") from error

    async def _replace_connections(self) -> None:
        """Replace every connection after one was lost, since a server that only reads keeps its own; else dead ones."""
        if self._lost_connection:
            self._lost_connection = False
            await self.pool.drain()
        else:
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


async def _check_writable(connection: Connection) -> None:
    """Raise ReadOnlySqlTransaction when PostgreSQL only reads: a standby, or a former primary after a failover."""
    row = await fetch_one(await connection.execute("SHOW transaction_read_only"))
    if row["transaction_read_only"] != "off":
        raise psycopg.errors.ReadOnlySqlTransaction("The database is read-only.")
