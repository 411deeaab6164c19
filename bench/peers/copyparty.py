"""copyparty with its index on (-e2d): an account uploads by PUT, reading is public. It hashes with SHA-512."""

import importlib.metadata
import shutil
import sys
from pathlib import Path

from bench.client import Connection, Endpoint, Response, put
from bench.payloads import Payload
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports

_PASSWORD = {"PW": "bench-password"}


def _binary() -> str | None:
    return shutil.which("copyparty", path=str(Path(sys.executable).parent))


class Copyparty(Peer):
    name = "copyparty"

    @classmethod
    def missing_program(cls) -> str | None:
        return None if _binary() else "copyparty (pip install copyparty)"

    @classmethod
    def version(cls) -> str:
        return importlib.metadata.version("copyparty")

    def start(self) -> None:
        (self.port,) = free_ports(1)
        files = self.folder / "files"
        (files / "one").mkdir(parents=True)
        account = ["-a", f"bench:{_PASSWORD['PW']}", "-v", f"{files}::r:rw,bench"]
        listen = ["-i", "127.0.0.1", "-p", str(self.port), "--no-crt", "-q"]
        self.launch([str(_binary()), *listen, "-e2d", "--hist", self.folder / "hist", *account], "/?ls")

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return put(f"/{name}", mime, _PASSWORD)

    def upload_for_reading(self, payload: Payload) -> StoredFile:
        """Its JSON lists a folder; a folder with only this file is the closest to an asset's JSON."""
        endpoint = put(f"/one/{payload.name}", payload.mime, _PASSWORD)
        with Connection(self.port) as connection:
            connection.upload(endpoint, payload.parts)
        return StoredFile(endpoint.path, "/one/?ls", _PASSWORD)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        return StoredFile(endpoint.path, None, _PASSWORD)
