"""(e) Peak memory above idle during 32 concurrent uploads of 64 MiB, in a new server."""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bench.measurements.base import Load, Measurement
from bench.memory import MemorySampler
from bench.payloads import MiB
from bench.peers import Peer

_AT_ONCE = 32
_IDLE_SECONDS = 2


def once(peer: Peer, load: Load) -> float:
    peer.upload(load.small.next_batch()[0])  # what the first upload starts counts as idle
    peer.rest()  # so does what a worker loads for it
    time.sleep(1)
    with MemorySampler(peer.server.tree) as idle:
        time.sleep(_IDLE_SECONDS)
    with MemorySampler(peer.server.tree) as busy:
        _send_all(peer, load)
    return (max(busy.samples) - statistics.median(idle.samples)) / MiB


def _send_all(peer: Peer, load: Load) -> None:
    together = threading.Barrier(_AT_ONCE)

    def send() -> None:
        payload = load.recording.next()
        together.wait()
        peer.upload(payload)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(send) for _ in range(_AT_ONCE)]:
            done.result()


MEASUREMENT = Measurement(
    "e", "peak memory over idle, 32 uploads of 64 MiB at once", "MiB", once, more_is_better=False, new_server=True
)
