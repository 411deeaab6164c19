"""On SIGTERM and SIGINT uploads in progress are completed, then all processes end."""

import os
import signal
import time
from contextlib import suppress

import httpx

from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.processes import eventually
from tests.server import Serve

DRAIN_SECONDS = 4


def test_signal_completes_active_uploads_and_aborts_stalled_ones(own_server: Start) -> None:
    server = own_server(DRAIN_SECONDS=str(DRAIN_SECONDS))
    signal_during_uploads(server, signal.SIGTERM)
    server.start()
    assert not audit.spool_files(server)
    signal_during_uploads(server, signal.SIGINT)
    server.env["MEDIATHEQUE_RUN_WORKER"] = "true"
    server.start()
    eventually(lambda: processes.task_workers(server.data))
    signal_during_uploads(server, signal.SIGTERM, every_process=True)
    with EmbeddedPostgres(EmbeddedConfig(data=server.data)):
        assert audit.count_stored(server).assets == 3
        assert not audit.rows_without_bytes(server)


def signal_during_uploads(server: Serve, number: signal.Signals, *, every_process: bool = False) -> None:
    """Send the signal during two uploads: one continues and is acknowledged, the other stalls.

    `every_process` sends it to PostgreSQL, the worker and the decoders, too, as systemd does by default.
    """
    data = endpoints.new_jpeg(3_000_000)
    with begin_upload(server, data) as slow, begin_upload(server, endpoints.new_jpeg(3_000_000)) as stalled:
        eventually(lambda: len(audit.spool_files(server)) == 2)
        started = time.monotonic()
        assert server.process
        pids = [process.pid for process in processes.server_processes(server.data)] if every_process else []
        for pid in pids or [server.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        eventually(lambda: refuses_connections(server))
        response = slow.send(data[len(data) // 2 :]).response()
        assert response is not None
        assert response.status == 200
        assert server.process.wait(120) == 0
        assert time.monotonic() - started < DRAIN_SECONDS + 20
        assert stalled.response() is None
    assert not processes.server_processes(server.data)


def begin_upload(server: Serve, data: bytes) -> wire.Connection:
    """Send half of an upload to HeyGen v1."""
    headers = {"x-api-key": server.key, "content-type": "image/jpeg", "content-length": len(data)}
    return wire.Connection(server.port).begin("POST", "/v1/asset", headers).send(data[: len(data) // 2])


def refuses_connections(server: Serve) -> bool:
    """Whether the server refuses new connections."""
    try:
        httpx.get(f"{server.url}/healthz", timeout=1)
    except httpx.TransportError:
        return True
    return False
