"""Prometheus metrics: the duration of requests by method, dialect and status, and the depth of the task queue.

Several server processes write their counts into one folder, so that each of them can report the sum.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""Litestar adds the charset; Prometheus 3 refuses a type that names it twice."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts and durations of requests. `folder` is the value of PROMETHEUS_MULTIPROC_DIR, or None."""

    def __init__(self, folder: Path | None = None) -> None:
        self._registry = CollectorRegistry()
        self._series: dict[tuple[str, str, int], Histogram] = {}
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
        """Record one finished request. `dialect` is one of a few names, never a path."""
        key = method if method in _METHODS else "other", dialect, status
        series = self._series.get(key)
        if series is None:
            # Finding a series takes a lock in the client library; there are few enough to keep all of them.
            self._series[key] = series = self._seconds.labels(*map(str, key))
        series.observe(seconds)

    def render(self, depths: Mapping[tuple[str, str], int]) -> bytes:
        """Return the exposition text. `depths` is the number of tasks by name and state."""
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
