"""procrastinate's connector to PostgreSQL, which reports failures."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException

from mediatheque.errors import DatabaseUnavailable
from mediatheque.library.tasks import without_waiting


class WatchedConnector(PsycopgConnector):
    """Calls `on_failure` when a statement or LISTEN fails, and gives LISTEN a session that no pooler shares.

    Commits do not wait for the disk: `records/jobs.py` says what that can lose.

    procrastinate 3.10 continues in two cases in which it should not: a task whose end could not be stored counts as
    running for as long as its worker lives, and a lost LISTEN is noticed only where there are periodic tasks.
    """

    on_failure: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, open_session: Callable[[], Awaitable[Any]]) -> None:
        super().__init__()
        self._open_session = open_session

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """See `PsycopgConnector`."""
        async with self._watched():
            await super().execute_query_async(without_waiting(query), **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """See `PsycopgConnector`."""
        async with self._watched():
            row: dict[str, Any] = await super().execute_query_one_async(without_waiting(query), **arguments)
            return row

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """See `PsycopgConnector`."""
        async with self._watched():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(without_waiting(query), **arguments)
            return rows

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """See `PsycopgConnector`."""
        async with self._watched():
            await super().listen_notify(on_notification, channels)

    @asynccontextmanager
    async def _get_standalone_connection(self) -> AsyncIterator[Any]:
        """Yield the connection that procrastinate executes LISTEN on."""
        try:
            session = await self._open_session()
        except DatabaseUnavailable as error:
            raise ConnectorException from error
        async with session:
            yield session

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        try:
            yield
        except ConnectorException:
            self.on_failure()
            raise
