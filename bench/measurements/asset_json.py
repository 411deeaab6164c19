"""(d) GET of one file's metadata as JSON, with a key where the server requires one."""

from bench import wrk
from bench.measurements.base import Load, Measurement
from bench.peers import Peer


def once(peer: Peer, load: Load) -> float | None:
    stored = peer.read_file(load.small)
    if stored.json is None:
        return None
    return wrk.requests_per_second(peer.port, stored.json, stored.headers, load.extent.seconds)


MEASUREMENT = Measurement("d", "GET of an asset's JSON", "requests/s", once, program="wrk")
