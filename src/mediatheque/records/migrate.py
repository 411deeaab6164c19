"""Migration of a database to the schema of this version: all of it in one transaction, or nothing.

On a connection of its own, through a pooler or not: the lock of the migration ends with its transaction, so that no
node can leave it behind. A database with the present schema is not locked.
"""

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import structlog

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records.connections import libpq
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.records.connections.pooler import check_route
from mediatheque.records.connections.reasons import connection_failed, one_line
from mediatheque.records.connections.session import SessionConnection
from mediatheque.records.migrations.lock import blocker, lock, schema_version
from mediatheque.records.requirements import check_rights, check_server, prepare

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "migrations"
_PATIENCE = 60.0
"""Seconds to wait for another node that migrates, or for transactions that use a table."""
_PAUSE = 1.0
"""Seconds between two attempts: whoever waits behind our lock of a table goes first."""
_Result = TypeVar("_Result")
_log = structlog.get_logger()


def bring_up_to_date(config: DatabaseConfig) -> None:
    """Find out how the database is reached, and migrate it on a direct connection.

    Raises DatabaseUnavailable, in one line, where `check_route` or `migrate` does.
    """
    if not _run(_check_route(config)):
        _log.info("pooler_found", direct_url=bool(config.direct_url))
    migrate(config.direct_conninfo)


def migrate(url: str, patience: float = _PATIENCE) -> None:
    """Apply the migrations that the database at `url` (a URL or conninfo) lacks. Waits up to `patience` seconds.

    Raises DatabaseUnavailable, in one line, when it cannot be connected to, lacks what the migrations need, stays
    locked, or has a schema newer than this version.
    """
    config = DatabaseConfig(url=url)
    version = _run(_look(config))
    if version == newest():
        return
    _log.info("database_migrating", schema=version, to=newest())
    deadline = time.monotonic() + patience
    while not _attempt(config, deadline):
        time.sleep(_PAUSE)


def newest() -> str:
    """Return the revision of this version."""
    return max(_revisions())


def _revisions() -> set[str]:
    return {path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")}


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return the result of the coroutine; the caller may run an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _check_route(config: DatabaseConfig) -> bool:
    try:
        async with asyncio.timeout(config.start_timeout):
            return await check_route(config)
    except (psycopg.Error, TimeoutError) as error:
        raise DatabaseUnavailable(connection_failed(error)) from error


async def _look(config: DatabaseConfig) -> str | None:
    """Return the revision of the database, None when it is empty. Raises DatabaseUnavailable."""
    try:
        async with asyncio.timeout(config.start_timeout), await SessionConnection.connect(config.conninfo) as conn:
            await check_server(conn)
            await check_rights(conn)
            cursor = await conn.execute("SELECT to_regclass('alembic_version') IS NOT NULL AS exists")
            row = await cursor.fetchone()
            if not row or not row["exists"]:
                return None
            row = await (await conn.execute("SELECT version_num FROM alembic_version")).fetchone()
    except (psycopg.Error, TimeoutError) as error:
        raise DatabaseUnavailable(connection_failed(error)) from error
    version = str(row["version_num"]) if row else None
    if version is not None and version not in _revisions():
        if version.isdecimal():
            raise DatabaseUnavailable(f"The database has schema {version}; this version knows {newest()} at most.")
        raise DatabaseUnavailable(
            f"The tables in the database are another program's (alembic_version is {version}): name another database."
        )
    return version


def _attempt(config: DatabaseConfig, deadline: float) -> bool:
    """Migrate in one transaction; returns False when a table stayed locked, before the deadline."""
    # Alembic takes a second to import; a start on a current schema does without it.
    from sqlalchemy import NullPool, create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    engine = create_engine("postgresql+psycopg://", creator=lambda: _connect(config), poolclass=NullPool)
    try:
        with engine.connect() as connection, connection.begin():
            _upgrade(connection, deadline)
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        if not isinstance(cause, psycopg.errors.LockNotAvailable):
            raise DatabaseUnavailable(
                f"The database cannot be migrated; nothing was changed: {one_line(cause)}"
            ) from error
        with _connect(config) as other:
            user = blocker(other)
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"The database cannot be migrated: a table is locked by {user}.") from error
        _log.warning("database_migration_waits", reason="a table is locked", by=user)
        return False
    finally:
        engine.dispose()
    return True


def _upgrade(connection: "Connection", deadline: float) -> None:
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415

    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"migrations run on a connection of psycopg, not on {driver!r}")
    lock(driver, newest(), deadline)
    if schema_version(driver) == newest():
        return  # another node was faster
    prepare(driver)
    alembic = Config()
    alembic.set_main_option("script_location", str(_FOLDER))
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, "head")


def _connect(config: DatabaseConfig) -> psycopg.Connection:
    libpq.ignore_session_variables()
    return psycopg.connect(config.conninfo, prepare_threshold=None)
