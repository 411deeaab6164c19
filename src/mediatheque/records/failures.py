"""What an error of PostgreSQL means for the request that met it and for its connection."""

import re

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from mediatheque.errors import DatabaseUnavailable, LibraryError, QuotaExceeded, StorageFull, TransactionConflict

_log = structlog.get_logger()
_LOST = ("08", "57P", "40003", "25006")
"""Beginnings of SQLSTATE: connection exceptions (poolers use them, too), PostgreSQL shuts down or starts, the end of a
commit is unknown, and a server that only reads (25006): after a failover the primary is another one.
"""
_CONFLICTS = ("40001", "40P01")
"""Serialization failure and deadlock: this transaction was rolled back so that another could proceed."""
_FULL = re.compile("too many clients|too many connections|remaining connection slots")
_QUOTA = "MQ004"
"""What the function `change_usage` (migration 0018) raises; its detail has the exceeded limit."""
_LIMITS = "54"
"""A statement exceeds PostgreSQL's limits: a bug, although psycopg makes it an OperationalError."""


def is_lost(connection: AsyncConnection[DictRow], error: psycopg.Error) -> bool:
    """Whether the connection is of no more use: it or PostgreSQL is gone, or PostgreSQL refuses to write."""
    return connection.closed or (error.sqlstate or "").startswith(_LOST) or _ended_by(error)


def is_full(error: Exception) -> bool:
    """Whether a connection was refused because there are too many. libpq has no SQLSTATE for a refused connection, so
    that this knows the messages in English only.
    """
    return _FULL.search(str(error)) is not None


def to_library_error(connection: AsyncConnection[DictRow], error: psycopg.Error) -> LibraryError | psycopg.Error:
    """Translate an error of PostgreSQL; bugs of ours are returned unchanged."""
    if isinstance(error, psycopg.errors.DiskFull) and error.diag.source_file == "dsm_impl.c":
        _log.error("database_shared_memory_full", reason=str(error))
        return DatabaseUnavailable("The database has no shared memory left: its container needs more of it.")
    if isinstance(error, psycopg.errors.DiskFull) and not _ended_by(error):
        return StorageFull()
    if is_lost(connection, error):
        return DatabaseUnavailable()
    state = error.sqlstate or ""
    if state in _CONFLICTS:
        return TransactionConflict()
    if state == _QUOTA:
        counted, _, limit = (error.diag.message_detail or "").partition(" ")
        return QuotaExceeded(int(limit), counted)
    return DatabaseUnavailable() if isinstance(error, psycopg.OperationalError) and state[:2] != _LIMITS else error


def _ended_by(error: psycopg.Error) -> bool:
    """Whether the error ended PostgreSQL or the connection, so that a commit may or may not have happened."""
    return error.diag.severity_nonlocalized in ("FATAL", "PANIC")
