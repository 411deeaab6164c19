"""(c) GET of a JPEG of about 10 KB."""

from bench import wrk
from bench.measurements.base import Load, Measurement
from bench.peers import Peer


def once(peer: Peer, load: Load) -> float:
    stored = peer.read_file(load.small)
    return wrk.requests_per_second(peer.port, stored.path, {}, load.extent.seconds)


MEASUREMENT = Measurement("c", "GET of a 10 KB JPEG", "requests/s", once, program="wrk")
