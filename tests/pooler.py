"""A pooler in transaction mode, for tests: what PgBouncer does between a client and PostgreSQL, in one thread.

There is no PgBouncer in a wheel or an npm package. This does what matters here as PgBouncer 1.18 does it: it answers
the login itself, with a key of its own; the startup parameter `options` is refused; a client has one of few servers
from the first message of a transaction to the end of the transaction, and the server that was free last comes first;
nothing of a session is reset between clients.
"""

import asyncio
import contextlib
import secrets
import struct
import threading
from collections import defaultdict
from typing import Self
from urllib.parse import parse_qs, urlsplit

_SSL, _GSS = 80877103, 80877104
_CANCEL = 80877102
_KNOWN = {"user", "database", "client_encoding", "application_name", "datestyle", "timezone"}


class _Server:
    """A connection to PostgreSQL."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: bytes) -> None:
        self.reader, self.writer, self.status = reader, writer, status


class Pooler:
    """Runs in a thread while its `with` block does. `url()` leads through it to a database behind a socket of ours."""

    def __init__(self, database_url: str, *, size: int = 2, shares: bool = True) -> None:
        parts = urlsplit(database_url)
        query = parse_qs(parts.query)
        self._socket = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
        self._login = f"{parts.username}@127.0.0.1"
        self._database = parts.path
        self._size, self._shares = size, shares
        self._free: dict[bytes, list[_Server]] = defaultdict(list)
        self._slots: dict[bytes, asyncio.Semaphore] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def url(self) -> str:
        return f"postgresql://{self._login}:{self.port}{self._database}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        clients: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._client(reader, writer))
            clients.add(task)
            task.add_done_callback(clients.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()
        for task in list(clients):
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        for servers in self._free.values():
            for each in servers:
                each.writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            startup = await _startup(reader, writer)
            words = startup[4:].rstrip(b"\0").split(b"\0")
            parameters = dict(zip(words[::2], words[1::2], strict=False))
            for name in parameters:
                if name.decode().lower() not in _KNOWN:
                    writer.write(_error(f"unsupported startup parameter: {name.decode()}"))
                    return
            key = b"user\0" + parameters[b"user"] + b"\0database\0" + parameters[b"database"] + b"\0\0"
            server = await self._take(key)
            login = (
                b"R" + struct.pack("!ii", 8, 0) + server.status + b"K" + struct.pack("!i", 12) + secrets.token_bytes(8)
            )
            writer.write(login + b"Z" + struct.pack("!i", 5) + b"I")
            await _Client(self, key, reader, writer, server).run()

    async def _take(self, key: bytes) -> _Server:
        await self._slots.setdefault(key, asyncio.Semaphore(self._size)).acquire()
        if self._free[key]:
            return self._free[key].pop()
        reader, writer = await asyncio.open_unix_connection(self._socket)
        writer.write(struct.pack("!ii", len(key) + 8, 196608) + key)
        status = b""
        while (message := await _message(reader))[:1] != b"Z":
            status += message if message[:1] == b"S" else b""
        return _Server(reader, writer, status)

    def _give_back(self, key: bytes, server: _Server, *, usable: bool) -> None:
        if usable:
            self._free[key].append(server)
        else:
            server.writer.close()
        self._slots[key].release()


class _Client:
    """A client after its login, in whichever transaction."""

    def __init__(
        self, pooler: Pooler, key: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: _Server
    ) -> None:
        self._pooler, self._key, self._reader, self._writer = pooler, key, reader, writer
        self._server: _Server | None = server
        self._answers: asyncio.Task[None] | None = None
        self._expected = 0
        self._release(usable=True)

    async def run(self) -> None:
        try:
            while (message := await _message(self._reader))[:1] != b"X":
                if self._server is None:
                    self._server = await self._pooler._take(self._key)
                    self._answers = asyncio.ensure_future(self._forward(self._server))
                self._expected += message[:1] in b"QS"
                self._server.writer.write(message)
        finally:
            if self._answers:
                self._answers.cancel()
            self._release(usable=False)

    async def _forward(self, server: _Server) -> None:
        """Forward what the server answers, until the transaction has ended."""
        while True:
            message = await _message(server.reader)
            ended = message[:1] == b"Z"
            self._expected -= ended
            if ended and message[5:6] == b"I" and not self._expected and self._pooler._shares:
                self._release(usable=True)
                self._writer.write(message)
                return
            self._writer.write(message)

    def _release(self, *, usable: bool) -> None:
        if self._server is not None:
            self._pooler._give_back(self._key, self._server, usable=usable)
            self._server = None


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the startup message without its length; requests for encryption are declined."""
    while True:
        (size,) = struct.unpack("!i", await reader.readexactly(4))
        body = await reader.readexactly(size - 4)
        (code,) = struct.unpack("!i", body[:4])
        if code == _CANCEL:
            raise ConnectionError
        if code not in (_SSL, _GSS):
            return body
        writer.write(b"N")


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)


def _error(text: str) -> bytes:
    fields = b"SFATAL\0VFATAL\0C08P01\0M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
