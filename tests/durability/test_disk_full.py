"""A full disk that holds the database, the blobs and the uploads in progress."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes
from tests.durability.helpers.endpoints import NotAcknowledged
from tests.durability.helpers.error_shapes import is_unavailable
from tests.durability.helpers.processes import eventually
from tests.server import Serve

DISK_FULL_STATUSES = (507, 503)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 160 MB; a new PostgreSQL cluster takes about 80 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=711", "none", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip() if done else 'only root may'}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, leaving: int = 0) -> Path:
    """Fill the disk up to `leaving` bytes with one file."""
    filler = folder / "hog"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(max(0, file.tell() - leaving))
    return filler


def test_full_disk_gets_507_or_503_until_space_is_freed(
    small_disk: Path, own_server: Start, connect: Callable[[Serve], httpx.Client]
) -> None:
    server = own_server(small_disk / "data")
    key, http = server.key, connect(server)
    stored = [endpoint(http, key, endpoints.new_jpeg(20_000)) for endpoint in endpoints.ENDPOINTS.values()]
    before, workers = audit.count_stored(server), processes.workers(server.data)
    filler = fill(small_disk, leaving=300_000)
    for endpoint in endpoints.ENDPOINTS.values():
        assert_disk_full(http, key, endpoint, endpoints.new_jpeg(5_000_000))
    assert audit.count_stored(server) == before
    fill(small_disk)
    for endpoint in (*endpoints.ENDPOINTS.values(), *endpoints.ENDPOINTS.values()):
        assert_disk_full(http, key, endpoint, endpoints.new_jpeg(20_000))
    with pytest.raises(psycopg.OperationalError):
        exhaust_wal(server)
    for endpoint in endpoints.ENDPOINTS.values():
        assert_disk_full(http, key, endpoint, endpoints.new_jpeg(20_000))
    filler.unlink()
    eventually(lambda: http.get("/readyz").is_success)
    eventually(lambda: not audit.spool_files(server))
    assert not audit.rows_without_bytes(server)
    for upload in (
        *stored,
        *(endpoint(http, key, endpoints.new_jpeg(5_000_000)) for endpoint in endpoints.ENDPOINTS.values()),
    ):
        endpoints.check(http, key, upload)
    assert processes.workers(server.data) == workers
    assert server.stop() == 0


def exhaust_wal(server: Serve) -> None:
    """Write until PostgreSQL needs another WAL segment: it then stops, and restarts when there is space."""
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        for _ in range(40):
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))")


def assert_disk_full(http: httpx.Client, key: str, endpoint: endpoints.UploadTo, data: bytes) -> None:
    with pytest.raises(NotAcknowledged) as refused:
        endpoint(http, key, data)
    assert is_unavailable(refused.value.response, *DISK_FULL_STATUSES), refused.value
