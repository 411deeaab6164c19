"""Helpers for tests of the Idempotency-Key."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.dialects.database.snapshot import Account, StoredData
from tests.server import Serve


def new_key() -> str:
    return f"test:{uuid4()}"


def until(condition: Callable[[], object], within: float = 20) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def held(stored: StoredData, key: str) -> bool:
    """Return whether a request holds the key."""
    query = "SELECT 1 FROM idempotency WHERE key = %s AND status IS NULL"
    return stored.database.execute(query, [key]).fetchone() is not None


def warnings_of(server: Serve, request_id: str) -> list[str]:
    """Return the warnings that were logged for the request."""
    lines = [json.loads(line) for line in server.log().splitlines() if request_id in line]
    return [line["event"] for line in lines if line["level"] == "warning"]


@contextmanager
def in_flight(server: Serve, stored: StoredData, head: bytes, first: bytes, key: str) -> Iterator[socket.socket]:
    """Start a request that claims its key and sends `first` of its body; the caller sends the rest."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head + first)
        until(lambda: held(stored, key))
        yield connection


def assets(stored: StoredData, account: Account) -> int:
    return stored.count(account)["asset"]
