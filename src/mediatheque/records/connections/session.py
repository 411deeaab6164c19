"""A connection with our session settings, also where a pooler gives each transaction another session of PostgreSQL."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import msgspec
import psycopg
from psycopg import AsyncConnection, AsyncCursor, AsyncTransaction
from psycopg.abc import Params
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg.sql import Composed
from psycopg.types.json import set_json_loads

from mediatheque.records.connections import libpq
from mediatheque.records.connections.settings import statement

Connection = AsyncConnection[DictRow]
"""A connection whose rows are dicts."""

_PREPARE_AFTER = 5
"""Executions after which psycopg prepares a statement."""


class SessionConnection(AsyncConnection[DictRow]):
    """A connection in autocommit mode, whose rows are dicts.

    It is direct when the process that PostgreSQL announced at the login is the one that executes statements. Otherwise
    a pooler answered the login, which may give each transaction another session of PostgreSQL: nothing is prepared
    then, and every transaction begins with our settings and is ended by its own statement.
    """

    is_direct = False
    leased_at = 0.0
    """When psycopg's pool gave it away, in seconds of the monotonic clock."""
    returned_at = 0.0
    """When its last user put it back."""
    _transaction_settings: Composed | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """Connect, with the session settings `settings`.

        With `keep_session`, no pooler shares the session of this connection, even if one is in between.
        """
        libpq.ignore_session_variables()
        settings, keep_session = kwargs.pop("settings", {}), kwargs.pop("keep_session", False)
        ours = {"autocommit": True, "prepare_threshold": None, "row_factory": dict_row}
        connection = await super().connect(conninfo, **{**kwargs, **ours})
        try:
            await connection._begin_session(settings, keep_session=keep_session)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _begin_session(self, settings: Mapping[str, str], *, keep_session: bool) -> None:
        set_json_loads(msgspec.json.decode, self)
        self.is_direct = await backend_pid(self) == self.info.backend_pid
        if self.is_direct:
            self.prepare_threshold = _PREPARE_AFTER
        if settings and (self.is_direct or keep_session):
            await self.execute(statement(settings, self.info.options, local=False))
        elif settings:
            self._transaction_settings = statement(settings, self.info.options, local=True)
            self.cursor_factory = TransactionCursor

    @asynccontextmanager
    async def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> AsyncIterator[AsyncTransaction]:
        """Begin a transaction, behind a pooler with our settings; inside of one, a savepoint."""
        begins = self.info.transaction_status is TransactionStatus.IDLE
        async with super().transaction(savepoint_name, force_rollback) as transaction:
            if begins and self._transaction_settings is not None:
                await self.execute(self._transaction_settings)
            yield transaction


class TransactionCursor(AsyncCursor[Any]):
    """A cursor that executes every statement in a transaction, its own unless one is open."""

    async def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        """See `AsyncCursor`."""
        if self.connection.info.transaction_status is not TransactionStatus.IDLE:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        async with self.connection.transaction():
            return await super().execute(query, params, prepare=prepare, binary=binary)


async def backend_pid(connection: Connection) -> int:
    """Return the id of the PostgreSQL process that executes this connection's statements now."""
    row = await (await connection.execute("SELECT pg_backend_pid() AS pid")).fetchone()
    return int(row["pid"]) if row else 0


async def check_writable(connection: Connection) -> None:
    """Raise ReadOnlySqlTransaction when PostgreSQL only reads: a standby, or a former primary after a failover."""
    row = await (await connection.execute("SHOW transaction_read_only")).fetchone()
    if row is None or row["transaction_read_only"] != "off":
        raise psycopg.errors.ReadOnlySqlTransaction("The database is read-only.")
