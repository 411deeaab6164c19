"""Counts of requests: in their buckets, at once in this process, and within a second in the others."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from prometheus_client.utils import floatToGoString

from mediatheque.http.metrics import _SECONDS, Metrics

LINE = re.compile(
    r'mediatheque_request_seconds_(\w+)\{door="native",(?:le="([^"]+)",)?method="(\w+)",status="(\d+)"\} (\S+)'
)


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    return Metrics()


def rendered(metrics: Metrics) -> dict[tuple[str, str, str, str], float]:
    found = LINE.findall(metrics.render({}).decode())
    return {(name, bound, method, status): float(value) for name, bound, method, status, value in found}


async def test_requests_are_counted_in_their_buckets(metrics: Metrics) -> None:
    durations = (0.0, *_SECONDS, 0.0011, 61.0)
    for seconds in durations:
        metrics.observe("GET", "native", 200, seconds)
    lines = rendered(metrics)
    assert lines["count", "", "GET", "200"] == len(durations)
    assert lines["sum", "", "GET", "200"] == pytest.approx(sum(durations))
    for bound in _SECONDS:
        assert lines["bucket", floatToGoString(bound), "GET", "200"] == sum(seconds <= bound for seconds in durations)
    assert lines["bucket", "+Inf", "GET", "200"] == len(durations)


async def test_counts_add_up_over_reports(metrics: Metrics) -> None:
    for number in range(1, 4):
        metrics.observe("GET", "native", 200, 0.1)
        metrics.observe("BREW", "native", 405, 0.1)
        assert rendered(metrics)["count", "", "GET", "200"] == number
        assert rendered(metrics)["count", "", "other", "405"] == number


async def test_counts_are_written_without_a_report(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediatheque.http.metrics._FLUSH_SECONDS", 0)
    for _ in range(2):
        metrics.observe("GET", "native", 200, 0.1)
        while metrics._pending:
            await asyncio.sleep(0)
    monkeypatch.setattr(metrics, "flush", lambda: None)
    assert rendered(metrics)["count", "", "GET", "200"] == 2
