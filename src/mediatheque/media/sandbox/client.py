"""One worker as the server's event loop sees it: somebody who is asked about one file at a time."""

import asyncio

import msgspec

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.process import WorkerProcess
from mediatheque.media.sandbox.protocol import Answer, Request, answer_to, line, longest_answer

_Outcome = Answer | Exception

_PIECE = 64 << 10  # bytes that are read at a time


class WorkerCrashed(Exception):
    """The worker ended, or answered nonsense, while it had the file."""

    exitcode: int | None = None


class RequestNotSent(Exception):
    """The worker was gone before it took the file: any other may have it."""


class WorkerClient:
    """Asks a worker process. Holds nothing of an event loop between two files.

    Who gets no answer, for whatever reason, must not ask again but `end` it: the next answer might be the last file's.
    """

    def __init__(self, config: SandboxConfig) -> None:
        """Blocks until the process is ready. Raises Unavailable if it does not start."""
        self._process = WorkerProcess(config)
        self._line = self._process.line
        self._seconds = config.timeout_seconds
        self._share = config.tasks_per_worker
        self._files = 0
        self._heard = bytearray()

    @property
    def spent(self) -> bool:
        """Whether it has examined its share of files."""
        return 0 < self._share <= self._files

    def end(self) -> int | None:
        """Ends the process and waits for that: blocks. The exit code, if the system tells."""
        return self._process.end()

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its reply. Kill the worker when time runs out or the caller is cancelled.

        Raises `TimeoutError`, `WorkerCrashed` or `RequestNotSent`.
        """
        loop, fd = asyncio.get_running_loop(), self._line.fileno()
        answered: asyncio.Future[_Outcome] = loop.create_future()
        self._send(line(request))
        loop.add_reader(fd, self._hear, request, answered)
        clock = loop.call_later(self._seconds, self._give_up, answered)
        try:
            outcome = await answered
        except asyncio.CancelledError:
            self._process.kill()
            raise
        finally:
            clock.cancel()
            loop.remove_reader(fd)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _send(self, request: bytes) -> None:
        self._files += 1
        self._heard = bytearray()
        try:
            whole = self._line.send(request) == len(request)  # it is far smaller than the buffer, which is empty
        except OSError as error:
            raise RequestNotSent from error
        if not whole:
            raise RequestNotSent

    def _hear(self, request: Request, answered: asyncio.Future[_Outcome]) -> None:
        if not answered.done() and (outcome := self._outcome(request)):
            answered.set_result(outcome)

    def _outcome(self, request: Request) -> _Outcome | None:
        """Nothing while the answer is incomplete."""
        try:
            piece = self._line.recv(_PIECE)
        except BlockingIOError:
            return None
        except ConnectionResetError:  # how Linux says that it ended with our request unread
            return RequestNotSent()
        self._heard += piece
        if not piece or len(self._heard) > longest_answer(request):
            return WorkerCrashed()
        return _understood(request, self._heard) if piece.endswith(b"\n") else None

    def _give_up(self, answered: asyncio.Future[_Outcome]) -> None:
        if not answered.done():
            self._process.kill()
            answered.set_result(TimeoutError())


def _understood(request: Request, answer: bytearray) -> _Outcome:
    try:
        return answer_to(request, answer)
    except msgspec.DecodeError:
        return WorkerCrashed()
