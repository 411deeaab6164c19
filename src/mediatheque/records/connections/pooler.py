"""Whether a pooler is between us and PostgreSQL, found out by what it does and not by its name."""

from contextlib import AsyncExitStack

import psycopg

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.reasons import connection_failed
from mediatheque.records.connections.session import Connection, SessionConnection, backend_pid

_ROUNDS = 3
_DIRECT = "MEDIATHEQUE_DATABASE_DIRECT_URL"


async def check_route(config: DatabaseConfig) -> bool:
    """Return whether the pool's connections are direct.

    Raises psycopg's errors when it cannot connect, and DatabaseUnavailable when nothing leads to a session of its own:
    through a pooler in transaction mode, LISTEN is lost and the lock of a session stays with whoever comes next.
    """
    async with await SessionConnection.connect(config.conninfo) as pooled:
        async with pooled.transaction():  # a pooler in statement mode allows none
            await backend_pid(pooled)
        if config.direct_url:
            await _check_direct_url(config, pooled)
        elif not pooled.is_direct:
            await check_session(pooled, config)
        return pooled.is_direct


async def check_session(connection: SessionConnection, config: DatabaseConfig) -> None:
    """Raise DatabaseUnavailable when a pooler shares the session of a connection that was made by `direct_conninfo`."""
    if connection.is_direct or not await shares_sessions(config.direct_conninfo):
        return
    what = f"{config.direct_setting} leads to a pooler that shares sessions (pool_mode=transaction or statement)"
    if config.direct_url:
        raise DatabaseUnavailable(f"{what}: set it to the address of PostgreSQL itself.")
    raise DatabaseUnavailable(
        f"{what}: set {_DIRECT} to the address of PostgreSQL itself, too; migrations, locks, notifications and the "
        "reindex need it."
    )


async def shares_sessions(conninfo: str) -> bool:
    """Whether two connections run their transactions in one session, or one connection runs its own in several.

    The session of the first connection is free between its statements: a pooler in transaction mode gives it to the
    second, or gives another one to the first while the second has it. On a busy pooler other clients can hide that:
    it is tried several times.
    """
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(await SessionConnection.connect(conninfo))
        second = await stack.enter_async_context(await SessionConnection.connect(conninfo))
        for _ in range(_ROUNDS):
            before = await backend_pid(first)
            async with second.transaction():
                if await backend_pid(second) == before or await backend_pid(first) != before:
                    return True
    return False


async def _check_direct_url(config: DatabaseConfig, pooled: Connection) -> None:
    """Raise DatabaseUnavailable when the direct URL leads elsewhere, or through a pooler that shares sessions."""
    try:
        async with await SessionConnection.connect(config.direct_conninfo) as direct:
            if await _identity(direct) != await _identity(pooled):
                raise DatabaseUnavailable(f"MEDIATHEQUE_DATABASE_URL and {_DIRECT} lead to different databases.")
            await check_session(direct, config)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(connection_failed(error, _DIRECT)) from error


async def _identity(connection: Connection) -> object:
    """Return what tells databases apart: the server's start, and the number of the database in it."""
    cursor = await connection.execute(
        "SELECT oid::text, extract(epoch FROM pg_postmaster_start_time())::text AS started"
        " FROM pg_database WHERE datname = current_database()"
    )
    return await cursor.fetchone()
