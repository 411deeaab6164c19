"""Whether a connection that was idle in the pool can still be used."""

import asyncio
import os
import select
import socket

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

RECENT_SECONDS = 1.0
"""A connection that was used this recently is not asked: under load no request pays for it."""
_ANSWER_SECONDS = 1.0
"""Seconds after which a connection that does not answer counts as lost."""


async def is_usable(connection: AsyncConnection[DictRow], idle_seconds: float) -> bool:
    """Whether the server at the other end still answers.

    When it ended the connection, its socket has something to read, which is one system call of 2 µs. When it or the
    network was cut off without a word, or a pooler or firewall forgot the connection, only a statement shows that.
    """
    if connection.closed:
        return False
    return (idle_seconds < RECENT_SECONDS and not _has_input(connection)) or await _answers(connection)


def _has_input(connection: AsyncConnection[DictRow]) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _answers(connection: AsyncConnection[DictRow]) -> bool:
    """Whether the connection answers in time. One that does not is shut down.

    psycopg waits for the server when a statement is cancelled, so the statement is ended by its socket instead.
    """
    asking = asyncio.ensure_future(connection.execute("SELECT 1"))
    try:
        await asyncio.wait({asking}, timeout=_ANSWER_SECONDS)
    finally:
        if not asking.done():
            _shut_down(connection)
            await asyncio.wait({asking})
        failure = asking.exception()
    if failure is not None and not isinstance(failure, psycopg.Error):
        raise failure
    return failure is None


def _shut_down(connection: AsyncConnection[DictRow]) -> None:
    """End the connection for whoever waits for it."""
    with socket.socket(fileno=os.dup(connection.fileno())) as shared:
        shared.shutdown(socket.SHUT_RDWR)
