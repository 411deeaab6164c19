"""(b) JPEGs of about 200 KB, 8 at a time on 8 keep-alive connections; (b2) 64 at a time."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench.client import Connection
from bench.measurements.base import Load, Measurement
from bench.payloads import Payload
from bench.peers import Peer

EIGHT, MANY = 8, 64


def send(peer: Peer, files: Sequence[Payload], senders: int) -> list[float]:
    """Upload the files, one after another from each sender; returns the seconds that each took."""
    queue = iter(files)
    with ThreadPoolExecutor(senders) as pool:
        running = [pool.submit(_send_from, queue, peer) for _ in range(senders)]
        return [seconds for each in running for seconds in each.result()]


def _send_from(queue: Iterator[Payload], peer: Peer) -> list[float]:
    took = []
    with Connection(peer.port) as connection:
        for file in queue:
            began = time.perf_counter()
            connection.upload(peer.endpoint(file.name, file.mime), file.parts)
            took.append(time.perf_counter() - began)
    return took


def _rate(senders: int, peer: Peer, load: Load) -> float:
    photos = load.photos.next_batch()
    began = time.perf_counter()
    send(peer, photos, senders)
    return len(photos) / (time.perf_counter() - began)


MEASUREMENT = Measurement("b", "JPEGs of 200 KB uploaded, 8 at a time", "files/s", partial(_rate, EIGHT))
WITH_MANY_SENDERS = Measurement("b2", "the same, 64 at a time", "files/s", partial(_rate, MANY))
