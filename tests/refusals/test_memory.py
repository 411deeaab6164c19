"""Memory use under many concurrent uploads."""

import contextlib
import os
import re
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server import Serve

MIB = 1 << 20
SIZE, MAX_GROWTH = 64 * MIB, 100_000_000
_SILENCE = memoryview(bytes(SIZE - 44 - 16))


def upload(port: int, key: str) -> bytes:
    """Send a valid, unique WAV of 64 MiB; return the status line of the response."""
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, 192_000, 4, 16)
    data = struct.pack("<4sI", b"data", SIZE - 44) + os.urandom(16)
    sound = struct.pack("<4sI4s", b"RIFF", SIZE - 8, b"WAVE") + layout + data
    before = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + sound
    after = b"\r\n--b--\r\n"
    length = len(before) + len(_SILENCE) + len(after)
    head = (
        f"POST /assets HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=100) as connection:
        for chunk in (head.encode() + before, _SILENCE, after):
            connection.sendall(chunk)
        return connection.makefile("rb").readline()


def process_tree(root: int) -> list[int]:
    """Return the process and its descendants, PostgreSQL included."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            parents.setdefault(int(parent), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def memory_used(root: int) -> int:
    """Return the memory of the whole tree in bytes, with shared pages counted once."""
    total = 0
    for pid in process_tree(root):
        with contextlib.suppress(OSError):
            match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(match.group(1)) * 1024 if match else 0
    return total


class PeakMemory:
    """Records the peak memory of the tree within the `with` block."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.peak = 0

    def _sample(self) -> None:
        while not self._ended.wait(0.1):
            self.peak = max(self.peak, memory_used(self._root))

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


@pytest.fixture
def own_server() -> Iterator[Serve]:
    """A server whose files, gigabytes, are gone with it."""
    with tempfile.TemporaryDirectory(prefix="mediatheque-memory-") as folder, Serve(Path(folder) / "data") as running:
        yield running


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="reads Linux's accounts of memory")
@pytest.mark.parametrize("uploads", [8, pytest.param(32, marks=pytest.mark.stress)])
def test_memory_stays_flat_under_large_uploads(own_server: Serve, uploads: int) -> None:
    key = own_server.new_key()
    assert upload(own_server.port, key).split()[1] == b"200", "the first upload starts the sandbox"
    assert own_server.process
    idle = memory_used(own_server.process.pid)
    started = time.perf_counter()
    with ThreadPoolExecutor(uploads) as pool, PeakMemory(own_server.process.pid) as watch:
        lines = list(pool.map(lambda _: upload(own_server.port, key), range(uploads)))
    print(f"{(watch.peak - idle) / 1e6:.0f} MB over {idle / 1e6:.0f}, {time.perf_counter() - started:.1f} s")
    assert [line.split()[1] for line in lines] == [b"200"] * uploads
    assert watch.peak - idle <= MAX_GROWTH
