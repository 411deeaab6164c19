"""The server's side of one worker process, which examines one file at a time."""

import asyncio
import socket

import msgspec

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.memory_file import memory_file
from mediatheque.media.sandbox.process import WorkerProcess
from mediatheque.media.sandbox.protocol import Reply, Request, decode_reply, encode_line, max_reply_bytes

_Outcome = Reply | Exception

_CHUNK_BYTES = 64 << 10


class WorkerCrashed(Exception):
    """The worker ended, or sent something that is not a reply, while it had the file."""

    exitcode: int | None = None


class RequestNotSent(Exception):
    """The worker ended before it read the request, so the request may be sent to another one."""


class WorkerClient:
    """Sends requests to a worker process. Keeps no reference to an event loop between two requests.

    After a request without a reply, call `stop` and never `ask` again: the next reply might belong to that request.
    """

    def __init__(self, config: SandboxConfig) -> None:
        """Start the process and block until it is ready. Raises `Unavailable` when it does not start."""
        self._process = WorkerProcess(config)
        self._socket = self._process.socket
        self._timeout_seconds = config.timeout_seconds
        self._max_tasks = config.tasks_per_worker
        self._tasks = 0
        self._received = bytearray()

    @property
    def reached_task_limit(self) -> bool:
        """Whether the worker has examined as many files as it may."""
        return 0 < self._max_tasks <= self._tasks

    def stop(self) -> int | None:
        """Stop the process and block until it has ended. Return its exit code, if known."""
        return self._process.stop()

    async def ask(self, request: Request, content: bytes | None = None) -> Reply:
        """Send a request and wait for its reply. Kill the worker when time runs out or the caller is cancelled.

        `content` is the file, unless the request has its path. Raises `TimeoutError`, `WorkerCrashed` or
        `RequestNotSent`; and `Unavailable` as `memory_file` does, and then the worker may be asked again.
        """
        loop, fd = asyncio.get_running_loop(), self._socket.fileno()
        replied: asyncio.Future[_Outcome] = loop.create_future()
        self._send(encode_line(request), content)
        loop.add_reader(fd, self._on_readable, request, replied)
        timer = loop.call_later(self._timeout_seconds, self._on_timeout, replied)
        try:
            outcome = await replied
        except asyncio.CancelledError:
            self._process.kill()
            raise
        finally:
            timer.cancel()
            loop.remove_reader(fd)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _send(self, request: bytes, content: bytes | None) -> None:
        """The socket buffer is empty, and far larger than a request."""
        self._tasks += 1
        self._received = bytearray()
        try:
            if content is None:
                sent = self._socket.send(request)
            else:
                with memory_file(content) as fd:
                    sent = socket.send_fds(self._socket, [request], [fd])
        except OSError as error:
            raise RequestNotSent from error
        if sent < len(request):
            raise RequestNotSent

    def _on_readable(self, request: Request, replied: asyncio.Future[_Outcome]) -> None:
        if not replied.done() and (outcome := self._receive(request)):
            replied.set_result(outcome)

    def _receive(self, request: Request) -> _Outcome | None:
        """Return None while the reply is incomplete."""
        try:
            chunk = self._socket.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        except ConnectionResetError:  # on Linux: the worker ended without reading the request
            return RequestNotSent()
        self._received += chunk
        if not chunk or len(self._received) > max_reply_bytes(request):
            return WorkerCrashed()
        return _decode(request, self._received) if chunk.endswith(b"\n") else None

    def _on_timeout(self, replied: asyncio.Future[_Outcome]) -> None:
        if not replied.done():
            self._process.kill()
            replied.set_result(TimeoutError())


def _decode(request: Request, line: bytearray) -> _Outcome:
    try:
        return decode_reply(request, line)
    except msgspec.DecodeError:
        return WorkerCrashed()
