"""Clients for ASGI applications: direct calls, and requests to a real Granian over a socket."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
HeaderPairs = Sequence[tuple[bytes, bytes]]


class RecordedResponse(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    events: list[dict[str, Any]]


def http_scope(
    method: str = "GET", path: str = "/", *, headers: HeaderPairs = (), query: bytes = b"", **more: Any
) -> Any:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
        "extensions": {},
        **more,
    }


def messages(chunks: Iterable[bytes], *, complete: bool = True) -> Any:
    """A receive() that returns these chunks, then the end of the body, or a disconnect."""
    chunks = list(chunks)
    queue: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if complete:
        queue.append({"type": "http.request", "body": b"", "more_body": False})
    queue.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return receive


async def call(app: Any, scope: Any, receive: Any = None) -> RecordedResponse:
    events: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        events.append(message)

    async def waiting() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    await app(scope, receive or waiting, send)
    start = events[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    body = b"".join(event.get("body", b"") for event in events[1:])
    return RecordedResponse(start["status"], headers, body, events)


@contextmanager
def serving(target: str, *options: str, **environment: str) -> Iterator[int]:
    """Run `module:app` in its own Granian process; yield the port, which the application has as `PORT`.

    `granian.server.embed` is not used because its runtime outlives `stop()` by a moment, and an interpreter that
    exits then is aborted (status 134; in half of the runs that ended at once).
    """
    for _ in range(5):
        port = _free_port()
        process = _start(target, port, options, environment)
        try:
            if _wait_for_port(process, port):
                yield port
                return
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # Granian's worker too: it outlives its parent's SIGKILL
            process.wait()
    raise AssertionError(f"{target} did not open its port")


def _start(target: str, port: int, options: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    usual = f"--interface asginl --http 1 --loop uvloop --no-ws --no-log --host 127.0.0.1 --port {port}"
    command = [sys.executable, "-m", "granian", *usual.split(), *options, target]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PORT": str(port), **environment}, process_group=0)


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


async def raw(port: int, request: bytes, *, seconds: float = 60, hang_up: bool = False) -> bytes:
    """Send bytes and read until the server closes the connection or `seconds` have passed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    response = b""
    try:
        writer.write(request)
        await writer.drain()
        if hang_up:
            return response
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(65536):
                response += chunk
    except TimeoutError:
        response += b"<still open>"
    finally:
        writer.close()
    return response
