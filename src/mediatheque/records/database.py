"""Connections to PostgreSQL for all of records/, and the translation of its errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self, TypeVar

import psycopg
from psycopg import AsyncCursor
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from mediatheque.errors import DatabaseUnavailable, InvariantError
from mediatheque.records.actor import SET_ACTOR, actor_text
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.pooler import check_route, check_session
from mediatheque.records.connections.reasons import connection_failed
from mediatheque.records.connections.session import Connection, SessionConnection, check_writable
from mediatheque.records.failures import is_lost, to_library_error
from mediatheque.records.pool import ConnectionPool

__all__ = ["Connection", "Database", "DatabaseConfig", "fetch_one"]

_T = TypeVar("_T")


class Database:
    """A pool of connections that fails at once while PostgreSQL is away, and recovers as soon as it answers.

    Also an async context manager. `pool` is public for the job queue, which shares it.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self.config = config
        self._connections = ConnectionPool(config)
        self.availability = self._connections.availability
        self.pool = self._connections.pool

    async def open(self) -> None:
        """Find out whether there is a pooler, and make the first connections.

        Raises DatabaseUnavailable, with the reason, when the database cannot be used or does not answer within
        `start_timeout`.
        """
        try:
            async with asyncio.timeout(self.config.start_timeout):
                self._connections.is_direct = await check_route(self.config)
                await self.pool.open(wait=True, timeout=self.config.start_timeout)
        except (psycopg.Error, TimeoutError) as error:
            await self.close()
            raise DatabaseUnavailable(connection_failed(self._connections.refusal or error)) from error
        except DatabaseUnavailable:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection; one in use is closed when it is returned."""
        await self._connections.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection in autocommit mode: for reads, and for writes of one statement that may be repeated.

        Raises DatabaseUnavailable, TransactionConflict or StorageFull. psycopg's other errors pass unchanged: they are
        bugs, or conflicts that the caller catches inside the block.
        """
        connection = await self._connections.take()
        try:
            yield connection
        except psycopg.Error as error:
            if is_lost(connection, error):
                await self._connections.drop(connection, error)
            raise to_library_error(connection, error) from error
        finally:
            await self._connections.put_back(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection in a transaction, committed when the block ends without exception.

        What the block changes is recorded in the audit log, if a client or an operator asked for it: their changes are
        made here and not on a `connection`.

        When the connection is lost before the transaction has begun, it is begun on another one. Raises what
        `connection` raises.
        """
        commits = False
        try:
            async with AsyncExitStack() as stack:
                try:
                    connection = await self._begin(stack)
                except DatabaseUnavailable as error:
                    if self.availability.is_away or isinstance(error.__cause__, TimeoutError | PoolTimeout):
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
            if error.may_have_committed or not await self.availability.returns_within(self.config.pool_timeout):
                raise
        return await work()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Yield a connection in autocommit mode that has one session of PostgreSQL for as long as the block takes.

        For locks of a session, LISTEN, and statements that no transaction may contain. It is a connection of the pool
        where those are direct, else a connection of its own. Raises what `connection` raises.
        """
        if self._connections.is_direct:
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
                await self.availability.wait_known()
                connection = await SessionConnection.connect(
                    config.direct_conninfo, settings=self._connections.settings, keep_session=True
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
            await check_writable(connection)

    async def _begin(self, stack: AsyncExitStack) -> Connection:
        """Begin a transaction that ends with the stack."""
        async with AsyncExitStack() as attempt:
            connection = await attempt.enter_async_context(self.connection())
            await attempt.enter_async_context(connection.transaction())
            if (actor := actor_text()) is not None:
                await connection.execute(SET_ACTOR, (actor,))
            stack.push_async_exit(attempt.pop_all())
        return connection


async def fetch_one(cursor: AsyncCursor[DictRow]) -> DictRow:
    """Return the row of a statement that always has one. Raises `InvariantError` when there is none."""
    row = await cursor.fetchone()
    if row is None:
        raise InvariantError("a statement that always returns a row returned none")
    return row
