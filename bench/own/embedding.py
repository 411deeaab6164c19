"""(j) Real photos uploaded through Krea's endpoint, from the first byte to the vector of the last one.

In a server started for it, as it comes: PostgreSQL, server, decoders and the default model share the machine's cores.
"""

import time
from pathlib import Path

import psycopg

from bench.measurements import Load
from bench.measurements.many_photos import EIGHT, send
from bench.own.figures import OwnFigures, Row, note
from bench.peers.mediatheque import Mediatheque
from bench.photos import real_photos
from mediatheque.records.embedded import running_conninfo

TITLE = "(j) photos of 0.5 to 2 megapixels uploaded, 8 at a time, and embedded"


def measure(folder: Path, figures: OwnFigures, load: Load) -> None:
    count = load.extent.real_photos
    first, *photos = real_photos(count + 1)
    with Mediatheque(folder) as server:
        send(server, [first], 1)
        server.rest()
        began = time.perf_counter()
        send(server, photos, EIGHT)
        uploaded = time.perf_counter() - began
        server.rest()
        took = time.perf_counter() - began
        seen = _embedded(server)
    if seen != count + 1:
        raise RuntimeError(f"{seen} photos of {count + 1} have vectors")
    note(f"{count} photos uploaded in {uploaded:.1f} s, the last one embedded after {took:.1f} s")
    figures.add(Row(TITLE, "images/s", count / took, more_is_better=True))


def _embedded(server: Mediatheque) -> int:
    with psycopg.connect(running_conninfo(server.folder / "data") or "") as conn:
        [(seen,)] = conn.execute(
            "SELECT count(*) FROM embedding WHERE part = 'content' AND vector IS NOT NULL"
        ).fetchall()
    return int(seen)
