"""(a) One file of 64 MiB, from opening the connection to reading the response."""

import time

from bench.measurements.base import Load, Measurement
from bench.payloads import LARGE, MiB
from bench.peers import Peer


def once(peer: Peer, load: Load) -> float:
    payload = load.recording.next()
    began = time.perf_counter()
    peer.upload(payload)
    return LARGE / MiB / (time.perf_counter() - began)


MEASUREMENT = Measurement("a", "one 64 MiB WAV uploaded", "MiB/s", once)
