"""What Granian is told of the settings."""

import pytest

from mediatheque.config import Config
from mediatheque.http_server import build_server


def test_kept_connections_outlive_those_of_load_balancers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.set_start_method", lambda *_, **__: None)
    usual = build_server(Config(), "127.0.0.1")
    assert usual.http1_settings.header_read_timeout == 75_000  # it ends idle connections, too (measured: Granian 2.8)
    assert usual.backpressure == 1024
    chosen = build_server(Config(keep_alive_seconds=620, max_connections=50), "127.0.0.1")
    assert (chosen.http1_settings.header_read_timeout, chosen.backpressure) == (620_000, 50)
