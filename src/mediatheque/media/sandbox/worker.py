"""A worker process: what it may not do, and how it ends.

The server imports this module too, to name what its workers shall do; the decoders are imported by workers only.
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
from contextlib import suppress
from pathlib import Path

from mediatheque.errors import LibraryError
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.sandbox.protocol import (
    Answer,
    CrashReply,
    FramesReply,
    ProbeRequest,
    ReadErrorReply,
    RefusedReply,
    Request,
    line,
    plain,
    request_in,
)

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
_OPEN_FILES = 64
_ROOM = 64 << 20

GREETING = b"\n"
"""What a worker says first: it is confined, and its limits leave it room to work."""


def serve(server: socket.socket, config: SandboxConfig) -> None:
    """Examines one file after the other, until the server hangs up."""
    confine(config)
    if not _has_room():
        return
    with suppress(BrokenPipeError), server.makefile("rb") as requests:
        server.sendall(GREETING)
        for request in requests:
            server.sendall(line(_answer(request_in(request), config)))


def confine(config: SandboxConfig) -> None:
    """Takes from this process what examining a file does not need. Its first act."""
    _ignore_signals()
    _die_with_parent()
    _chdir_to_deleted_dir()
    os.environ.clear()  # decoders need none of it; /proc/self/environ still shows what the fork server had
    _limit(resource.RLIMIT_AS, config.memory_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def _has_room() -> bool:
    """Asks for memory without touching it, which would take a tenth of a second."""
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError:
        return False
    return True


def _answer(request: Request, config: SandboxConfig) -> Answer:
    try:
        return _opened(request, config)
    except LibraryError as refusal:
        return RefusedReply(plain(refusal.message))
    except OSError as error:
        return ReadErrorReply(error.errno, plain(error.strerror or str(error)))
    except Exception:  # noqa: BLE001 - whatever a decoder raises is for the server to log
        return CrashReply(plain(traceback.format_exc()))


def _opened(request: Request, config: SandboxConfig) -> ProbeResult | FramesReply:
    """Within its own share of processor time; beyond it the kernel kills this process."""
    from mediatheque.media.decoders.dispatch import probe, render  # noqa: PLC0415 - decoders never enter the server's memory

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + config.cpu_seconds, hard))
    path = os.fsdecode(request.path)
    if isinstance(request, ProbeRequest):
        return probe(path, request.mime, config)
    return FramesReply(render(path, request.mime, config, most=request.most, edge=request.edge))


def _ignore_signals() -> None:
    """Ctrl-C and a stop of the whole group reach workers too, but uploads in flight still need them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _die_with_parent() -> None:
    """Even in the middle of a file, and whichever of the server and the fork server is killed first."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    threading.Thread(target=_follow_server, daemon=True).start()


def _follow_server() -> None:
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)


def _chdir_to_deleted_dir() -> None:
    """The working folder is one that no longer exists: a relative name leads to nothing."""
    folder = tempfile.mkdtemp(prefix="mediatheque-")
    os.chdir(folder)
    Path(folder).rmdir()


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))
