"""SIGTERM and SIGINT: what is in flight is finished and acknowledged, then everything ends."""

import signal
import time

import httpx

from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.processes import eventually
from tests.server import Serve

DRAIN_SECONDS = 4


def test_uploads_in_flight_are_finished_and_stalled_ones_given_up(own: Start) -> None:
    server = own(DRAIN_SECONDS=str(DRAIN_SECONDS))
    end_amid_uploads(server, signal.SIGTERM)
    server.start()
    assert not audit.spool_files(server)
    end_amid_uploads(server, signal.SIGINT)
    with EmbeddedPostgres(EmbeddedConfig(data=server.data)):
        assert audit.holdings(server).assets == 2
        assert not audit.rows_without_bytes(server)


def end_amid_uploads(server: Serve, number: signal.Signals) -> None:
    """One of two uploads goes on after the signal, and is acknowledged; the other does not."""
    data = endpoints.picture(3_000_000)
    with begin_upload(server, data) as slow, begin_upload(server, endpoints.picture(3_000_000)) as stalled:
        eventually(lambda: len(audit.spool_files(server)) == 2)
        begun = time.monotonic()
        assert server.process
        server.process.send_signal(number)
        eventually(lambda: refuses_connections(server))
        answer = slow.send(data[len(data) // 2 :]).answer()
        assert answer is not None
        assert answer.status == 200
        assert server.process.wait(120) == 0
        assert time.monotonic() - begun < DRAIN_SECONDS + 20
        assert stalled.answer() is None
    assert not processes.family(server.data)


def begin_upload(server: Serve, data: bytes) -> wire.Connection:
    """Half of an upload through HeyGen's first door."""
    headers = {"x-api-key": server.key, "content-type": "image/jpeg", "content-length": len(data)}
    return wire.Connection(server.port).begin("POST", "/v1/asset", headers).send(data[: len(data) // 2])


def refuses_connections(server: Serve) -> bool:
    """From now on new requests find nobody here."""
    try:
        httpx.get(f"{server.url}/healthz", timeout=1)
    except httpx.TransportError:
        return True
    return False
