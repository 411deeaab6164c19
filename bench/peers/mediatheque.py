"""Mediatheque as `mediatheque serve` starts it: embedded PostgreSQL, files on disk, uploads through Krea's dialect.

Its worker runs beside the server and embeds every picture that comes in, as it does without any setting.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.client import Connection, Endpoint, Response, form
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports

_PATIENCE = 600.0
_DEPTH = re.compile(r'^mediatheque_queue_depth\{[^}]*"embed_asset"[^}]*\} (\S+)$', re.MULTILINE)


class Mediatheque(Peer):
    name = "Mediatheque"
    is_ours = True
    checkout = Path(__file__).parents[2]
    programs = Path(sys.executable).parent
    options: Sequence[str] = ()  # of `serve`
    application_port: int  # of the server itself, where another one is in front
    auth: dict[str, str]

    @classmethod
    def binary(cls) -> str | None:
        return shutil.which("mediatheque", path=str(cls.programs))

    @classmethod
    def missing_program(cls) -> str | None:
        return None if cls.binary() else "mediatheque (pip install -e .)"

    @classmethod
    def version(cls) -> str:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude", "*"],  # the commit alone, never a tag
            cwd=cls.checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or "this checkout"

    def start(self) -> None:
        (self.port,) = free_ports(1)
        self.application_port = self.port
        data = ["--data", str(self.folder / "data")]
        command = [str(self.binary()), "serve", "--port", str(self.port), *self.options, *data]
        self.launch([*command], "/readyz")
        key = subprocess.run(
            [str(self.binary()), "keys", "create", *data], capture_output=True, text=True, check=True, timeout=60
        )
        self.auth = {"Authorization": f"Bearer {key.stdout.strip()}"}

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return form("/assets", "file", name, mime, self.auth)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        asset = json.loads(answer.body)
        return StoredFile(urlsplit(asset["image_url"]).path, f"/assets/{asset['id']}", self.auth)

    def rest(self) -> None:
        """Wait until the worker has embedded everything."""
        end = time.monotonic() + _PATIENCE
        while depth := self.queue_depth():
            if time.monotonic() > end:
                raise RuntimeError(f"{depth} assets are not embedded after {_PATIENCE:.0f} s")
            time.sleep(0.05)

    def queue_depth(self) -> int:
        """Return how many assets wait for the worker, or are in its hands."""
        with Connection(self.application_port) as connection:
            text = connection.request("GET", "/metrics", self.auth).body.decode()
        return sum(int(float(number)) for number in _DEPTH.findall(text))

    @contextlib.contextmanager
    def worker_stopped(self) -> Iterator[None]:
        """Stop the worker and its decoders (SIGSTOP) inside the block: nothing is embedded, all else goes on."""
        group = next(pid for pid in self.server.tree() if b"mediatheque.run_worker" in _command_line(pid))
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)


class TwoProcesses(Mediatheque):
    name = "Mediatheque --workers 2"
    variant = "with `--workers 2`"
    options = ("--workers", "2")
    measured_in = ("b", "b2", "d")


def baseline(checkout: Path) -> type[Mediatheque]:
    """Return a peer for another checkout of Mediatheque, installed into its own `.venv`."""

    class Baseline(Mediatheque):
        name = "Baseline"

    Baseline.checkout = checkout
    Baseline.programs = checkout / ".venv" / "bin"
    return Baseline


def _command_line(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
