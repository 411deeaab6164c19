"""(b) 500 JPEGs of about 200 KB, 8 at a time on 8 keep-alive connections."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.client import Connection
from bench.measurements.base import Load, Measurement
from bench.payloads import Payload
from bench.peers import Peer

_AT_A_TIME = 8


def once(peer: Peer, load: Load) -> float:
    photos = load.photos.next_batch()
    queue = iter(photos)
    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for done in [pool.submit(_send_from, queue, peer) for _ in range(_AT_A_TIME)]:
            done.result()
    return len(photos) / (time.perf_counter() - began)


def _send_from(queue: Iterator[Payload], peer: Peer) -> None:
    with Connection(peer.port) as connection:
        for photo in queue:
            connection.upload(peer.endpoint(photo.name, photo.mime), photo.parts)


MEASUREMENT = Measurement("b", "JPEGs of 200 KB uploaded, 8 at a time", "files/s", once)
