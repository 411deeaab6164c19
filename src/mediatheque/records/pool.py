"""The pool of connections to PostgreSQL: how requests take one, and what happens when one is lost."""

import asyncio
import time
from typing import Any, Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records.availability import Availability
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.session import SessionConnection, check_writable
from mediatheque.records.connections.settings import session_settings
from mediatheque.records.failures import is_full
from mediatheque.records.liveness import RECENT_SECONDS, is_usable

_MIN_SUSPECT_SECONDS = 1.0
"""Seconds between two probes for the sole reason that no connection was free."""
_MAX_SPARE_SECONDS = 60.0
"""Seconds for which a connection goes from request to request. Then psycopg's pool sees it, which renews old ones."""


class SharedPool(AsyncConnectionPool[SessionConnection]):
    """psycopg's pool, which others than `ConnectionPool` take connections of, too: the job queue does.

    Each request for a connection gets one of `spare` back first. While one is `waiting`, none becomes spare.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.spare: list[SessionConnection] = []
        self.waiting = 0

    async def getconn(self, timeout: float | None = None) -> SessionConnection:  # noqa: ASYNC109 - as in psycopg's
        """See `AsyncConnectionPool`."""
        self.waiting += 1
        try:
            if self.spare:
                await self.putconn(self.spare.pop())
            return await super().getconn(timeout)
        finally:
            self.waiting -= 1


class ConnectionPool:
    """Connections that are probed for when one was lost, and replaced when PostgreSQL is back.

    A connection that is put back is spare for a second: the next request takes it without a call of psycopg's pool,
    which takes 60 microseconds. At most half of the connections are spare.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self._config = config
        self.settings = session_settings(config)
        self.is_direct = True
        self.refusal: psycopg.Error | None = None
        self.availability = Availability(self._probe, self._replace_connections)
        self.pool = self._make_pool()
        self._max_spare = max(1, self.pool.max_size // 2)
        self._drained_at = 0.0
        self._release_timer: asyncio.TimerHandle | None = None
        self._releasing: asyncio.Task[None] | None = None
        self._lost_connection = False

    async def close(self) -> None:
        """Close every connection; one in use is closed when it is put back."""
        await self.availability.close()
        self._max_spare = 0
        if self._release_timer:
            self._release_timer.cancel()
        await self._release(0.0)
        await self.pool.close()

    async def take(self) -> SessionConnection:
        """Return a connection that can be used. What died while it was idle is replaced, and the request waits.

        Raises DatabaseUnavailable when there is none in time.
        """
        while True:
            can_spare = self.pool.spare and not self.availability.is_away
            connection = self.pool.spare.pop() if can_spare else await self._get()
            usable = False
            try:
                usable = await is_usable(connection, time.monotonic() - connection.returned_at)
            finally:
                if not usable:
                    await self.drop(connection)
                    await self.pool.putconn(connection)
            if usable:
                return connection

    async def put_back(self, connection: SessionConnection) -> None:
        """Take the connection back, usable or not."""
        connection.returned_at = time.monotonic()
        if self._becomes_spare(connection):
            self.pool.spare.append(connection)
            self._schedule_release()
        else:
            await self.pool.putconn(connection)

    async def drop(self, connection: SessionConnection, error: psycopg.Error | None = None) -> None:
        """Close a connection that is of no more use, and have the pool's others replaced when PostgreSQL answers."""
        await connection.close()
        self._lost_connection = True
        self.availability.suspect(error)

    def _becomes_spare(self, connection: SessionConnection) -> bool:
        """Whether no other request waits for the connection, and psycopg's pool need not see it."""
        return (
            not self.pool.waiting
            and len(self.pool.spare) < self._max_spare
            and connection.pgconn.transaction_status == TransactionStatus.IDLE
            and connection.leased_at > self._drained_at
            and connection.returned_at - connection.leased_at < _MAX_SPARE_SECONDS
        )

    async def _get(self) -> SessionConnection:
        try:
            async with self.availability.timeout():
                connection = await self.pool.getconn()
        except TimeoutError as error:
            raise DatabaseUnavailable from error
        except psycopg.OperationalError as error:  # every connection is busy, or hangs
            if not self.pool.closed and time.monotonic() - self.availability.suspected_at > _MIN_SUSPECT_SECONDS:
                self.availability.suspect(error)
            raise DatabaseUnavailable from error
        connection.leased_at = time.monotonic()
        return connection

    def _schedule_release(self) -> None:
        """Have idle connections released in a second, unless that is due already."""
        if self._release_timer is None:
            self._release_timer = asyncio.get_running_loop().call_later(RECENT_SECONDS, self._release_idle)

    def _release_idle(self) -> None:
        self._release_timer = None
        self._releasing = asyncio.ensure_future(self._release(RECENT_SECONDS))

    async def _release(self, idle_seconds: float) -> None:
        """Give connections back to psycopg's pool that have been spare for so long."""
        before = time.monotonic() - idle_seconds
        spare = self.pool.spare
        released = [connection for connection in spare if connection.returned_at <= before]
        self.pool.spare = [connection for connection in spare if connection.returned_at > before]
        if self.pool.spare:
            self._schedule_release()
        for connection in released:
            await self.pool.putconn(connection)

    async def _probe(self) -> None:
        """Raise DatabaseUnavailable, with the reason, unless PostgreSQL accepts connections and writes.

        One that has no connection left is not away: it serves those that it has.
        """
        try:
            async with asyncio.timeout(self._config.connect_timeout):
                async with await SessionConnection.connect(self._config.conninfo) as probe:
                    await check_writable(probe)
        except (psycopg.Error, TimeoutError) as error:
            if is_full(error):
                return
            raise DatabaseUnavailable(" ".join(str(error).split()) or "It does not answer in time.") from error

    async def _replace_connections(self) -> None:
        """Replace every connection after one was lost, since a server that only reads keeps its own; else dead ones."""
        if not self._lost_connection:
            await self._release(0.0)
            await self.pool.check()
            return
        self._lost_connection = False
        self._drained_at = time.monotonic()  # before any wait: what is put back meanwhile must not become spare
        await self._release(0.0)
        await self.pool.drain()

    def _make_pool(self) -> SharedPool:
        connections = self

        class WaitingConnection(SessionConnection):
            """Connects while PostgreSQL is available alone: the pool pauses 1, 2, 4 s after failed attempts."""

            @classmethod
            async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
                await connections.availability.wait_known()
                try:
                    connection = await super().connect(conninfo, **kwargs)
                except psycopg.Error as error:
                    connections.refusal = error
                    raise
                connections.refusal = None
                connections.is_direct = connection.is_direct
                return connection

        config = self._config
        return SharedPool(
            config.conninfo,
            connection_class=WaitingConnection,
            kwargs={"settings": self.settings},
            min_size=min(config.pool_min, config.pool_max),
            max_size=config.pool_max,
            timeout=config.pool_timeout,
            reconnect_timeout=5,
            open=False,
            name="mediatheque",
        )
