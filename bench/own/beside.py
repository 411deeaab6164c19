"""(k) Uploads and (l) searches beside a full queue of embeddings, compared with the same while nothing is embedded.

The same server, in windows that take turns. In one the worker's processes are stopped (SIGSTOP), so that nothing is
embedded; in the other they embed what is queued. The queue is filled before that window by uploads while the worker is
stopped, and read after it: a window in which it became empty is an error.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench.client import Connection
from bench.library.content import Queries
from bench.measurements import Load
from bench.measurements.many_photos import EIGHT, MANY, send
from bench.own.figures import OwnFigures, Row
from bench.peers.mediatheque import Mediatheque, TwoProcesses

EIGHT_TITLE = "(k) JPEGs of 200 KB uploaded beside a full queue of embeddings, 8 at a time"
MANY_TITLE = "(k) the same with `--workers 2`, 64 at a time"
COST_TITLE = "(k) processor time of one such upload in server, PostgreSQL and decoders, nothing embedded, 8 at a time"
SEARCH_TITLE = "(l) searches beside a full queue of embeddings, one at a time"
_WAKING = 1.0  # seconds for the worker to take up the queue

Window = Callable[[], list[float]]


class _Side:
    """What was measured beside one state of the worker: seconds of each request, of all, and of the processors."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.seconds = 0.0
        self.processor_seconds = 0.0

    def run(self, server: Mediatheque, window: Window) -> None:
        before, began = server.server.processor_seconds(), time.perf_counter()
        self.took += window()
        self.seconds += time.perf_counter() - began
        self.processor_seconds += server.server.processor_seconds() - before

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds


def measure(folder: Path, figures: OwnFigures, load: Load, keys: set[str]) -> None:
    with Mediatheque(folder / "one") as server:
        _warm(server, load)
        if "k" in keys:
            stopped = _measure_uploads(server, figures, load, EIGHT, EIGHT_TITLE)
            figures.add(Row(COST_TITLE, "ms", stopped.processor_seconds / len(stopped.took) * 1000))
        if "l" in keys:
            _measure_searches(server, figures, load)
    if "k" in keys:
        with TwoProcesses(folder / "two") as server:
            _warm(server, load)
            _measure_uploads(server, figures, load, MANY, MANY_TITLE)


def _warm(server: Mediatheque, load: Load) -> None:
    send(server, load.photos.next_batch()[:50], EIGHT)
    server.rest()  # the first embedding computes files of the model


def _measure_uploads(server: Mediatheque, figures: OwnFigures, load: Load, senders: int, title: str) -> _Side:
    def upload() -> list[float]:
        return send(server, load.photos.next_batch(), senders)

    stopped, full = _in_turn(server, load, upload)
    figures.add(Row(title, "files/s", stopped.rate, full.rate, more_is_better=True))
    figures.add_times(title, stopped.took, full.took, high=99)
    return stopped


def _measure_searches(server: Mediatheque, figures: OwnFigures, load: Load) -> None:
    queries = Queries()
    _search(server, queries.take(30))
    stopped, full = _in_turn(server, load, lambda: _search(server, queries.take(load.extent.searches)))
    figures.add(Row(SEARCH_TITLE, "searches/s", stopped.rate, full.rate, more_is_better=True))
    figures.add_times(SEARCH_TITLE, stopped.took, full.took, high=95)


def _search(server: Mediatheque, texts: list[str]) -> list[float]:
    took = []
    with Connection(server.port) as connection:
        for text in texts:
            began = time.perf_counter()
            connection.request("GET", "/v1/assets?" + urlencode({"q": text, "limit": 20}), server.auth)
            took.append(time.perf_counter() - began)
    return took


def _in_turn(server: Mediatheque, load: Load, window: Window) -> tuple[_Side, _Side]:
    """Return what was measured while the worker is stopped, and beside a full queue; one round warms up."""
    stopped, full = _Side(), _Side()
    for number in range(load.extent.rounds):
        turns = [partial(_stopped, server, stopped, window), partial(_full, server, full, window, load)]
        for turn in turns if number % 2 else reversed(turns):
            turn()
    return stopped, full


def _stopped(server: Mediatheque, side: _Side, window: Window) -> None:
    with server.worker_stopped():
        side.run(server, window)


def _full(server: Mediatheque, side: _Side, window: Window, load: Load) -> None:
    with server.worker_stopped():
        while server.queue_depth() < load.extent.queue:
            send(server, load.photos.next_batch(), EIGHT)
    time.sleep(_WAKING)
    side.run(server, window)
    if not server.queue_depth():
        raise RuntimeError("the queue of embeddings became empty: nothing was measured beside it")
