"""No room left on the disk that holds the database, the blobs and the bytes in flight."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.durability.conftest import Start
from tests.durability.helpers import audit, endpoints, processes
from tests.durability.helpers.endpoints import Refused
from tests.durability.helpers.error_shapes import says_unavailable
from tests.durability.helpers.processes import eventually
from tests.server import Serve

NO_ROOM = (507, 503)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 160 MB: a new cluster takes about 80 of them."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=711", "none", folder]
    done = subprocess.run(mount, capture_output=True, text=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip() if done else 'only root may'}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, leaving: int = 0) -> Path:
    """A file that takes all the room but `leaving` bytes."""
    hog = folder / "hog"
    with hog.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(max(0, file.tell() - leaving))
    return hog


def test_a_full_disk(small_disk: Path, own: Start, connect: Callable[[Serve], httpx.Client]) -> None:
    server = own(small_disk / "data")
    key, http = server.key, connect(server)
    kept = [endpoint(http, key, endpoints.picture(20_000)) for endpoint in endpoints.DOORS.values()]
    before, workers = audit.holdings(server), processes.workers(server.data)
    hog = fill(small_disk, leaving=300_000)
    for endpoint in endpoints.DOORS.values():
        assert_no_room(http, key, endpoint, endpoints.picture(5_000_000))
    assert audit.holdings(server) == before
    fill(small_disk)
    for endpoint in (*endpoints.DOORS.values(), *endpoints.DOORS.values()):
        assert_no_room(http, key, endpoint, endpoints.picture(20_000))
    with pytest.raises(psycopg.OperationalError):
        use_up_the_log(server)
    for endpoint in endpoints.DOORS.values():
        assert_no_room(http, key, endpoint, endpoints.picture(20_000))
    hog.unlink()
    eventually(lambda: http.get("/readyz").is_success)
    eventually(lambda: not audit.spool_files(server))
    assert not audit.rows_without_bytes(server)
    for promise in (
        *kept,
        *(endpoint(http, key, endpoints.picture(5_000_000)) for endpoint in endpoints.DOORS.values()),
    ):
        endpoints.check(http, key, promise)
    assert processes.workers(server.data) == workers
    assert server.stop() == 0


def use_up_the_log(server: Serve) -> None:
    """Write until PostgreSQL needs another segment of its log: then it gives up, and comes back when there is room."""
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        for _ in range(40):
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))")


def assert_no_room(http: httpx.Client, key: str, endpoint: endpoints.Door, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        endpoint(http, key, data)
    assert says_unavailable(refused.value.answer, *NO_ROOM), refused.value
