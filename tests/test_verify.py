"""`mediatheque verify` through the real command line: beside a server and without one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import command_line
from tests.durability.helpers import audit, endpoints
from tests.server import Serve


@pytest.fixture(scope="module")
def running_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with Serve(tmp_path_factory.mktemp("house") / "data") as server:
        yield server


def verify(server: Serve, *arguments: str, **environment: str) -> command_line.Ended:
    return command_line.here("verify", "--data", server.data, *arguments, env=environment)


def blob_of(server: Serve, promise: endpoints.AcknowledgedUpload) -> Path:
    with psycopg.connect(server.database_url) as connection:
        row = connection.execute(
            "SELECT storage_key FROM blob WHERE sha256 = %s", [bytes.fromhex(promise.sha256)]
        ).fetchone()
    assert row
    return server.data / "blobs" / row[0][:2] / row[0]


def test_verify_beside_a_server_and_without_one(running_library: Serve) -> None:
    key = running_library.new_key()
    with httpx.Client(base_url=running_library.url, timeout=60) as http:
        kept = [endpoint(http, key, endpoints.new_jpeg(20_000)) for endpoint in endpoints.ENDPOINTS.values()]
        clean = command_line.process("verify", "--data", running_library.data)
        assert (clean.returncode, clean.stderr) == (0, "")
        assert clean.stdout.endswith(f" {len(kept)} stored: nothing wrong.\n")
        lost, damaged = kept[:2]
        blob_of(running_library, lost).unlink()
        path = blob_of(running_library, damaged)
        path.write_bytes(bytes(path.stat().st_size))
        stray = path.with_name(f"{path.name[:2]}{'0' * 30}")
        stray.write_bytes(b"whose?")
        running_library.stop()
        found = verify(running_library)
        assert found.returncode == 1
        *lines, summary = found.stdout.splitlines()
        assert {line.split("\t")[0] for line in lines} == {"missing bytes", "damaged bytes", "unknown bytes"}
        assert f"key {stray.name}\t6 bytes" in found.stdout
        assert sorted(summary.rstrip(".").split(": ")[1].split(", ")) == [
            "1 x damaged bytes",
            "1 x missing bytes",
            "1 x unknown bytes",
        ]
        assert verify(running_library, "--quick").stdout.count("damaged") == 0
        doubtful = verify(running_library, "--repair")
        assert (doubtful.returncode, path.exists(), stray.exists()) == (1, True, True)
        assert "Nothing is repaired without --force." in doubtful.stdout
        repaired = verify(running_library, "--repair", "--force")
        assert repaired.returncode == 1
        for promise in (lost, damaged):
            assert f"removed asset {promise.asset_id}" in repaired.stdout
        assert not stray.exists()
        again = verify(running_library, "--repair")
        assert (again.returncode, again.stderr) == (0, "")
        running_library.start()
        for promise in kept[2:]:
            endpoints.check(http, key, promise)
        assert http.get(lost.path).status_code == http.get(damaged.path).status_code == 404
    assert verify(running_library).returncode == 0


def test_unmounted_disk_loses_no_rows(running_library: Serve) -> None:
    key = running_library.new_key()
    with httpx.Client(base_url=running_library.url, timeout=60) as http:
        promise = endpoints.krea(http, key, endpoints.new_jpeg(1000))
    running_library.stop()
    blobs, aside = running_library.data / "blobs", running_library.data / "aside"
    blobs.rename(aside)
    gone = verify(running_library, "--repair")
    assert gone.returncode == 2
    assert "is the disk mounted?" in gone.stderr
    assert not blobs.exists()
    blobs.mkdir()
    for force in ([], ["--force"]):
        empty = verify(running_library, "--repair", *force)
        assert (empty.returncode, empty.stdout) == (2, "")
        assert "Nothing can be said about the stored bytes" in empty.stderr
        assert "mediatheque store adopt" in empty.stderr
    shutil.rmtree(blobs)
    aside.rename(blobs)
    running_library.start()
    assert verify(running_library).returncode == 0
    for path in audit.blob_files(blobs):
        path.unlink()
    forced = verify(running_library, "--repair", "--force")
    assert forced.returncode == 1
    assert f"removed asset {promise.asset_id}" in forced.stdout
    assert verify(running_library).returncode == 0
    assert audit.rows(running_library) == [0, 0, 0]


@pytest.mark.parametrize(
    ("environment", "folders", "says"),
    [
        ({"MEDIATHEQUE_DATABASE_URL": "postgresql:///x?host=/does/not/exist"}, ["blobs"], "database"),
        ({"MEDIATHEQUE_BLOBS_LOCATION": "s3://bucket?typo=1"}, ["postgres"], "typo"),
        ({"MEDIATHEQUE_BLOBS_LOCATION": "/does/not/exist"}, ["postgres"], "/does/not/exist"),
        ({"MEDIATHEQUE_PORT": "many"}, [], "port"),
        ({}, [], "There is no library in"),
    ],
    ids=["database", "bucket", "folder", "setting", "nothing"],
)
def test_verify_that_cannot_run_exits_with_2(
    tmp_path: Path, environment: dict[str, str], folders: list[str], says: str
) -> None:
    for folder in folders:
        (tmp_path / "data" / folder).mkdir(parents=True)
    ended = verify(Serve(tmp_path / "data"), **environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert said[0].startswith("mediatheque: ")
    assert says in " ".join(said)
    assert "Traceback" not in ended.stderr


def test_unavailable_store_exits_with_2(running_library: Serve) -> None:
    bucket = "s3://media/x?endpoint=http://127.0.0.1:1&access_key_id=a&secret_access_key=b&region=us-east-1"
    ended = verify(running_library, MEDIATHEQUE_BLOBS_LOCATION=bucket)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "store" in ended.stderr
