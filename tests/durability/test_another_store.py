"""A server whose store of blobs is not there: it refuses to start, and while it runs it acknowledges nothing."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mediatheque.blobs import Disk
from tests import command_line
from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints
from tests.durability.helpers.error_shapes import is_unavailable
from tests.durability.test_blobs_away import assert_unavailable, moved_away
from tests.server import Serve, free_port


def serve(data: Path) -> str:
    """What a start says that is refused."""
    ended = command_line.here("serve", "--data", data, "--port", str(free_port()))
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    return line


def test_server_over_an_empty_folder_acknowledges_nothing_and_loses_nothing(
    own_server: Start, connect: Callable[[Serve], httpx.Client]
) -> None:
    server = own_server()
    client, key, blobs = connect(server), server.key, server.data / "blobs"
    kept = [endpoint(client, key, endpoints.new_jpeg(20_000)) for endpoint in endpoints.ENDPOINTS.values()]
    with moved_away(blobs):
        Disk(blobs)  # the folders that versions before created below an unmounted disk
        assert is_unavailable(client.get("/readyz"))
        for endpoint in endpoints.ENDPOINTS.values():
            assert_unavailable(client, key, endpoint, endpoints.new_jpeg(20_000))
        assert audit.blob_files(blobs) == []
        told = command_line.here("verify", "--data", server.data, "--repair", "--force")
        assert (told.returncode, told.stdout) == (2, "")
        blobs.rename(server.data / "unmounted")
    assert client.get("/readyz").is_success
    for promise in kept:
        endpoints.check(client, key, promise)
    server.stop()
    with moved_away(blobs):
        assert "is not the store of this library, or its disk is not mounted" in serve(server.data)
        assert not blobs.exists()
    (server.data / "blobs" / "library/id").unlink()  # as in a backup of the shards alone
    assert "`mediatheque store adopt`" in serve(server.data)
    adopted = command_line.here("store", "adopt", "--data", server.data)
    assert (adopted.returncode, adopted.stderr) == (0, "")
    assert f"has {len(kept)} of {len(kept)} blobs" in adopted.stdout
    server.start()
    client = connect(server)
    for promise in kept:
        endpoints.check(client, key, promise)
    audit.assert_verify_finds_nothing(server)


def test_new_library_refuses_the_folder_of_another_one(server: Serve, key: str, tmp_path: Path) -> None:
    new = tmp_path / "new"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIATHEQUE_BLOBS_LOCATION", str(server.data / "blobs"))
        assert "belongs to another library" in serve(new)
        worker = command_line.here("worker", "--data", new)
        assert worker.returncode == 1
        assert "belongs to another library" in worker.stderr
