"""The lock under which one of several starting nodes migrates, and what holds a migration up."""

import time
from typing import Any

import psycopg
import structlog

from mediatheque.errors import DatabaseUnavailable

_LOCK = 0x4D545153
"""An arbitrary number. Older versions hold the same lock in their session, and so exclude us as we exclude them."""
_TABLE_SECONDS = 5
"""Seconds to wait for the lock of a table at a time: everybody who wants the table meanwhile waits behind us."""
_PAUSE = 0.2
_log = structlog.get_logger()


def lock(conn: psycopg.Connection, target: str, deadline: float) -> None:
    """Take the lock, which ends with the transaction, and set the time limits of the transaction.

    Returns without the lock when another node has migrated to `target`. Raises DatabaseUnavailable, which names the
    process that has the lock, after the deadline (of `time.monotonic`).
    """
    conn.execute(
        "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', '0', true),"
        " set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, MDY', true)",
        [f"{_TABLE_SECONDS}s"],
    )
    told = False
    while not _value(conn, "SELECT pg_try_advisory_xact_lock(%s)", _LOCK) and schema_version(conn) != target:
        holder = _value(conn, _HOLDER, _LOCK) or "a process that has just ended"
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(
                f"The database is being migrated by {holder}: wait for its end, or end it with pg_terminate_backend."
            )
        if not told:
            _log.warning("database_migration_waits", reason="another node migrates", by=holder)
            told = True
        time.sleep(_PAUSE)


def schema_version(conn: psycopg.Connection) -> str | None:
    """Return the revision of the schema, None when there is none."""
    if _value(conn, "SELECT to_regclass('alembic_version')::text") is None:
        return None
    version: str | None = _value(conn, "SELECT version_num FROM alembic_version")
    return version


def blocker(conn: psycopg.Connection) -> str:
    """Return who may hold the lock of a table that could not be locked: the longest transaction."""
    return _value(conn, _LONGEST) or "a transaction that has just ended"


def _value(conn: psycopg.Connection, query: str, *parameters: Any) -> Any:
    row = conn.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None


_PROCESS = """
    concat('process ', a.pid, ' of PostgreSQL (', a.application_name, ' at ', coalesce(host(a.client_addr), 'a socket'),
        ', in this transaction since ', to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' UTC)')
"""
_HOLDER = f"""
    SELECT {_PROCESS} FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid::bigint = %s AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - a constant
_LONGEST = f"""
    SELECT {_PROCESS} FROM pg_stat_activity a
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 1
"""  # noqa: S608 - a constant
