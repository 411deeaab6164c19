"""Mediatheque as `mediatheque serve` starts it: embedded PostgreSQL, files on disk, uploads through Krea's dialect."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bench.client import Endpoint, Response, form
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports


class Mediatheque(Peer):
    name = "Mediatheque"
    checkout = Path(__file__).parents[2]
    programs = Path(sys.executable).parent
    auth: dict[str, str]

    @classmethod
    def _binary(cls) -> str | None:
        return shutil.which("mediatheque", path=str(cls.programs))

    @classmethod
    def missing_program(cls) -> str | None:
        return None if cls._binary() else "mediatheque (pip install -e .)"

    @classmethod
    def version(cls) -> str:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=cls.checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or "this checkout"

    def start(self) -> None:
        (self.port,) = free_ports(1)
        data = ["--data", str(self.folder / "data")]
        self.launch([str(self._binary()), "serve", "--port", str(self.port), *data], "/readyz")
        key = subprocess.run(
            [str(self._binary()), "keys", "create", *data], capture_output=True, text=True, check=True, timeout=60
        )
        self.auth = {"Authorization": f"Bearer {key.stdout.strip()}"}

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return form("/assets", "file", name, mime, self.auth)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        asset = json.loads(answer.body)
        return StoredFile(urlsplit(asset["image_url"]).path, f"/assets/{asset['id']}", self.auth)


def baseline(checkout: Path) -> type[Mediatheque]:
    """Return a peer for another checkout of Mediatheque, installed into its own `.venv`."""

    class Baseline(Mediatheque):
        name = "Baseline"

    Baseline.checkout = checkout
    Baseline.programs = checkout / ".venv" / "bin"
    return Baseline
