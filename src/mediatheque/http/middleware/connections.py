"""Connections of clients that send no request, or only half of one, when they would keep others out.

Granian accepts a number of connections and lets further ones wait. It closes one on which no complete request arrived
within the time that kept connections may be idle, which is longer than the others can wait.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from mediatheque.http.asgi import App, Receive, Scope, Send

_OPEN_FILES = Path("/proc/self/fd")
_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 2.0
"""Seconds after which a connection without a request is closed, while half of all connections are taken."""
_MOST_KNOWN = 10_000
"""Clients that are remembered before those that have gone are forgotten."""
_log = structlog.get_logger()

Client = tuple[str, str]
"""Address and port of a client; as Granian tells them, or in one spelling (`_client`)."""


class ConnectionWatch:
    """A wrapper of the application, which knows on which connections requests arrived, and closes others.

    `limit` is the number of connections that are accepted, on `port`. Only Linux tells which there are.
    """

    def __init__(self, app: App, *, port: int, limit: int) -> None:
        self._app = app
        self._port = port
        self._limit = limit
        self._asked: set[Client] = set()
        self._silent_since: dict[Client, float] = {}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Note the connection, and pass the request on. Watch for as long as the server lives."""
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        if client := scope.get("client"):
            self._asked.add(client)
        return self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._watch())
        try:
            await self._app(scope, receive, send)
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        while sys.platform == "linux":
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(OSError):
                self._look()

    def _look(self) -> None:
        """Close connections without a request when many are open; forget what is known of closed ones."""
        if len(os.listdir(_OPEN_FILES)) <= self._limit // 2 and len(self._asked) <= _MOST_KNOWN:  # noqa: PTH208 - its files change while they are listed
            self._silent_since.clear()
            return
        open_now = {client for client, _ in self._connections()}
        self._asked = {client for client in self._asked if _client(*client) in open_now}
        if len(open_now) > self._limit // 2:
            self._close_silent()

    def _close_silent(self) -> None:
        now, closed, silent = time.monotonic(), 0, self._silent_since
        asked = {_client(*client) for client in self._asked}
        self._silent_since = {}
        for client, connection in self._connections():
            if client in asked:
                continue
            self._silent_since[client] = silent.get(client, now)
            if now - self._silent_since[client] >= _PATIENCE_SECONDS:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                    closed += 1
        if closed:
            _log.warning("silent_connections_closed", connections=closed)

    def _connections(self) -> Iterator[tuple[Client, socket.socket]]:
        """Yield the accepted connections, each as a copy of its descriptor that is closed again at the next one."""
        for name in os.listdir(_OPEN_FILES):  # noqa: PTH208
            with suppress(OSError), _socket_of(int(name)) as connection:
                if connection.family in (socket.AF_INET, socket.AF_INET6):
                    address, port, *_ = connection.getpeername()
                    if connection.getsockname()[1] == self._port:
                        yield _client(address, port), connection


def _client(address: object, port: object) -> Client:
    """Return the client in one spelling: IPv4 as such, also on an IPv6 socket, and without an interface's name."""
    return str(address).removeprefix("::ffff:").partition("%")[0], str(port)


def _socket_of(descriptor: int) -> socket.socket:
    """Return a copy of the descriptor as a socket. Raises OSError when it is none."""
    copy = os.dup(descriptor)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
