"""Prometheus metrics: the duration of requests by method, dialect and status, and the depth of the task queue.

Several server processes write their counts into one folder, so that each of them can report the sum. They write once a
second, for the client library takes 3.5 microseconds for each request, and adding up takes a tenth of that.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""Litestar adds the charset; Prometheus 3 refuses a type that names it twice."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FLUSH_SECONDS = 1.0
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class _Series:
    """Requests of one method, dialect and status since the last flush: their seconds, and how many are in a bucket."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.counts = [0] * (len(_SECONDS) + 1)


class Metrics:
    """Counts and durations of requests. `folder` is the value of PROMETHEUS_MULTIPROC_DIR, or None."""

    def __init__(self, folder: Path | None = None) -> None:
        self._registry = CollectorRegistry()
        self._pending: dict[tuple[str, str, int], _Series] = {}
        if folder:
            MultiProcessCollector(self._registry, str(folder))  # type: ignore[no-untyped-call] # published without types
        self._seconds = Histogram(
            "mediatheque_request_seconds",
            "Requests answered and the time it took",
            ["method", "door", "status"],  # `door` is the dialect; dashboards know the label by this name
            buckets=_SECONDS,
            registry=None if folder else self._registry,
        )

    def observe(self, method: str, dialect: str, status: int, seconds: float) -> None:
        """Record one finished request. `dialect` is one of a few names, never a path.

        Other processes report it within a second, this one at once.
        """
        key = method if method in _METHODS else "other", dialect, status
        series = self._pending.get(key)
        if series is None:
            if not self._pending:
                asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
            self._pending[key] = series = _Series()
        series.seconds += seconds
        series.counts[bisect_left(_SECONDS, seconds)] += 1

    def flush(self) -> None:
        """Write what was recorded where every process finds it."""
        pending, self._pending = self._pending, {}
        for key, series in pending.items():
            histogram = self._seconds.labels(*map(str, key))
            # The client library adds to a histogram by one only; these are the counters that it is made of.
            histogram._sum.inc(series.seconds)
            for bucket, count in zip(histogram._buckets, series.counts, strict=True):
                if count:
                    bucket.inc(count)

    def render(self, depths: Mapping[tuple[str, str], int]) -> bytes:
        """Return the exposition text. `depths` is the number of tasks by name and state."""
        self.flush()
        depth = GaugeMetricFamily("mediatheque_queue_depth", "Tasks in the queue", labels=["task", "state"])
        for labels, number in depths.items():
            depth.add_metric(labels, number)
        return generate_latest(self._registry) + generate_latest(_CollectOnce(depth))


class _CollectOnce(CollectorRegistry):
    """A metric with the same value in every process, so it is not summed over processes."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric
