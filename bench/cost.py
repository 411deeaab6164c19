"""`python -m bench.cost [CHECKOUT ...]`: processor time by process for each upload of a photo and each GET of its JSON.

Measures this checkout, and others that are installed into their own `.venv`, one after the other. The worker is off.
"""

import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import machine
from bench.client import Connection
from bench.payloads import Photos
from bench.peers.mediatheque import Mediatheque, baseline
from bench.processes import processor_seconds

_SENDERS = 8
_UPLOADS, _READS = 800, 4000
_ROLES = ((b"spawn_main", "server"), (b"postgres", "PostgreSQL"), (b"forkserver", "decoders"))


def main() -> None:
    for checkout in (None, *sys.argv[1:]):
        server = baseline(Path(checkout).resolve()) if checkout else Mediatheque
        server.environment = {"MEDIATHEQUE_RUN_WORKER": "false"}
        with tempfile.TemporaryDirectory(prefix="mediatheque-cost-") as folder:
            print(f"{server.version()}, {machine.describe(Path(folder))}")
            with server(Path(folder) / "server") as peer:
                _measure(peer)


def _measure(peer: Mediatheque) -> None:
    photos, small = Photos(100, 200_000), peer.read_file(Photos(1, 10_000))

    def upload(connection: Connection) -> None:
        with lock:
            photo = batches.pop() if batches else batches.extend(photos.next_batch()) or batches.pop()
        connection.upload(peer.endpoint(photo.name, photo.mime), photo.parts)

    lock, batches = threading.Lock(), photos.next_batch()
    assert small.json
    path = small.json
    _print("upload of a JPEG of 200 KB", _cost(peer, upload, _UPLOADS))
    _print("GET of its JSON", _cost(peer, lambda c: c.request("GET", path, small.headers), _READS))


def _cost(peer: Mediatheque, once: Callable[[Connection], object], times: int) -> dict[str, float]:
    """Return milliseconds for each time, by process, after a warm-up of a fifth."""
    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(_repeat, [peer.port] * _SENDERS, [once] * _SENDERS, [times // 5 // _SENDERS] * _SENDERS))
        before = _by_role(peer)
        list(pool.map(_repeat, [peer.port] * _SENDERS, [once] * _SENDERS, [times // _SENDERS] * _SENDERS))
    spent = _by_role(peer)
    spent.subtract(before)
    return {role: 1000 * seconds / times for role, seconds in spent.items()}


def _repeat(port: int, once: Callable[[Connection], object], times: int) -> None:
    with Connection(port) as connection:
        for _ in range(times):
            once(connection)


def _by_role(peer: Mediatheque) -> "Counter[str]":
    spent: Counter[str] = Counter()
    for pid in peer.server.tree():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        role = next((name for part, name in _ROLES if part in command), "others")
        spent[role] += processor_seconds(pid)  # type: ignore[assignment]  # a Counter adds up seconds as well
    return spent


def _print(what: str, costs: dict[str, float]) -> None:
    parts = ", ".join(
        f"{role} {ms:.2f}" for role, ms in sorted(costs.items(), key=lambda item: -item[1]) if ms >= 0.005
    )
    print(f"  {what}: {sum(costs.values()):.2f} ms of processor time: {parts}")


if __name__ == "__main__":
    main()
