"""GET /metrics: queue depths, with several server processes and with PostgreSQL unavailable."""

import contextlib
import re
import time
from pathlib import Path

import httpx

from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from tests import samples
from tests.data_folder import Template
from tests.server import Serve

_COUNT = re.compile(
    r'^mediatheque_request_seconds_count\{door="krea",method="POST",status="200"\} (\S+)$', re.MULTILINE
)
_DEPTH = re.compile(r'^mediatheque_queue_depth\{state="(\w+)",task="embed_asset"\} (\S+)$', re.MULTILINE)


def depths(server: Serve) -> dict[str, float]:
    answer = httpx.get(f"{server.url}/metrics", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"].count("charset=") == 1  # Prometheus 3 refuses a type that names it twice
    return {state: float(number) for state, number in _DEPTH.findall(answer.text)}


def eventually_counted(server: Serve) -> set[float]:
    """How many requests of Krea's dialect each report counts, once eight of them, by either process, agree."""
    deadline = time.monotonic() + 60
    while True:
        texts = [httpx.get(f"{server.url}/metrics", timeout=30).text for _ in range(8)]
        counts = {sum(map(float, _COUNT.findall(text))) for text in texts}
        if len(counts) == 1 or time.monotonic() > deadline:
            return counts


def upload(server: Serve, seed: int) -> int:
    files = {"file": ("x.png", samples.png(seed=seed), "image/png")}
    headers = {"authorization": f"Bearer {server.key}"}
    return httpx.post(f"{server.url}/assets", files=files, headers=headers, timeout=30).status_code


def test_each_process_reports_metrics_of_all(tmp_path: Path) -> None:
    """While PostgreSQL is unavailable, the other metrics remain."""
    postgres = EmbeddedPostgres(EmbeddedConfig(data=Template.copy(tmp_path / "postgres"), shared_buffers="16MB"))
    with contextlib.ExitStack() as running:
        stop_postgres = contextlib.ExitStack()
        env = {"MEDIATHEQUE_DATABASE_URL": stop_postgres.enter_context(postgres)}
        running.push(stop_postgres)
        server = running.enter_context(Serve(tmp_path / "data", env=env, arguments=("--workers", "2")))
        for seed in range(3):
            assert upload(server, seed) < 300
        assert eventually_counted(server) == {3.0}
        for _ in range(12):  # by either process
            assert depths(server) == {"waiting": 3, "running": 0, "parked": 0}
        stop_postgres.close()
        for _ in range(4):
            assert depths(server) == {}
        assert upload(server, 4) == 503
