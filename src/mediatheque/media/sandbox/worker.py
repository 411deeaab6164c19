"""The worker process: its restrictions, its loop and its end.

The server imports this module too, for the function that its workers run; only workers import the decoders.
"""

import ctypes
import math
import mmap
import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mediatheque.errors import LibraryError
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.sandbox.memory_file import path_of
from mediatheque.media.sandbox.protocol import (
    CrashReply,
    FramesReply,
    ProbeRequest,
    ReadErrorReply,
    RefusedReply,
    Reply,
    Request,
    decode_request,
    encode_line,
    to_plain_text,
)
from mediatheque.processes.parent_death import die_with_parent

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_MAX_OPEN_FILES = 64
_NEEDED_BYTES = 64 << 20
_LINE_BYTES = 64 << 10

GREETING = b"\n"
"""The first bytes a worker sends: it is confined, and its limits leave it enough memory to work."""


def serve(server: socket.socket, config: SandboxConfig) -> None:
    """Confine this process, then handle requests until the server closes the socket."""
    confine(config)
    if not _has_memory():
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        server.sendall(GREETING)
        for request, path in _requests(server):
            server.sendall(encode_line(_handle(request, path, config)))


def _requests(server: socket.socket) -> Iterator[tuple[Request, str]]:
    """Yield each request and the path of its file, until the server closes the socket. There is one at a time."""
    while True:
        line, descriptors = b"", list[int]()
        while not line.endswith(b"\n"):
            received, more, _, _ = socket.recv_fds(server, _LINE_BYTES, 1)
            descriptors += more
            if not received:
                return
            line += received
        request = decode_request(line)
        try:
            yield request, path_of(descriptors[0]) if request.path is None else os.fsdecode(request.path)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def confine(config: SandboxConfig) -> None:
    """Remove the permissions and resources that examining a file does not need."""
    _ignore_signals()
    _die_with_parent()
    _chdir_to_deleted_dir()
    _be_killed_first()
    os.environ.clear()  # decoders do not read it; /proc/self/environ still shows what the fork server had
    _limit(resource.RLIMIT_AS, config.memory_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)


def _has_memory() -> bool:
    """Reserve memory without touching it, which would take a tenth of a second."""
    try:
        mmap.mmap(-1, _NEEDED_BYTES).close()
    except OSError:
        return False
    return True


def _handle(request: Request, path: str, config: SandboxConfig) -> Reply:
    try:
        return _run_decoder(request, path, config)
    except LibraryError as refusal:
        return RefusedReply(to_plain_text(refusal.message))
    except OSError as error:
        return ReadErrorReply(error.errno, to_plain_text(error.strerror or str(error)))
    except Exception:  # noqa: BLE001 - the server logs whatever a decoder raises
        return CrashReply(to_plain_text(traceback.format_exc()))


def _run_decoder(request: Request, path: str, config: SandboxConfig) -> ProbeResult | FramesReply:
    """Limit the processor time of this request, then decode. Beyond the limit the kernel kills this process."""
    from mediatheque.media.decoders.dispatch import probe, render  # noqa: PLC0415 - decoders are never loaded into the server

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + config.cpu_seconds, hard))
    if isinstance(request, ProbeRequest):
        return probe(path, request.mime, config)
    return FramesReply(render(path, request.mime, config, max_frames=request.max_frames, edge=request.edge))


def _ignore_signals() -> None:
    """Ignore Ctrl-C and the stop of the whole process group: uploads in progress still need the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _die_with_parent() -> None:
    """End with the server, even during a request: the kernel watches the fork server, and a thread the server."""
    die_with_parent(os.getppid())  # the fork server, which is the parent that the kernel knows
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    threading.Thread(target=_exit_with_server, daemon=True).start()


def _exit_with_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)


def _chdir_to_deleted_dir() -> None:
    """Change into a folder that is then deleted, so that relative paths lead nowhere."""
    folder = tempfile.mkdtemp(prefix="mediatheque-")
    os.chdir(folder)
    Path(folder).rmdir()


def _be_killed_first() -> None:
    """Make the kernel choose this process, and not the database or the server, when a container's memory runs out."""
    with suppress(OSError):  # there is no such file on this system, or /proc is read-only
        Path("/proc/self/oom_score_adj").write_text("900")


def _limit(resource_id: int, limit: int) -> None:
    _, hard = resource.getrlimit(resource_id)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource_id, (limit, limit))
