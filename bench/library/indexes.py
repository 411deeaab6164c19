"""Indexes are built faster than they grow."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from bench.machine import memory


@contextmanager
def without_indexes(conn: psycopg.Connection, tables: Sequence[str]) -> Iterator[dict[str, float]]:
    """Drops the tables' indexes that no constraint needs; makes them again, with all memory and cores, at the end.

    The dictionary then says how many seconds each took.
    """
    found = conn.execute(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid::regclass::text = ANY(%s) AND NOT i.indisunique
        """,
        (list(tables),),
    ).fetchall()
    took: dict[str, float] = {}
    for name, _ in found:
        conn.execute(sql.SQL(f"DROP INDEX {name}"))
    yield took
    conn.execute(sql.SQL(f"SET maintenance_work_mem = '{min(4096, memory() // 6 >> 20)}MB'"))
    for name, definition in found:
        began = time.monotonic()
        conn.execute(sql.SQL(definition))
        took[name] = time.monotonic() - began
