"""Checks of the URLs that clients return."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.server import Serve


def check_and_register(server_url: str, key: str, url: str, data: bytes, kind: str = "image") -> dict[str, Any]:
    """Assert that the URL serves `data` and can be registered; return the asset."""
    assert url.startswith(f"{server_url}/files/b/")
    assert httpx.get(url).content == data
    response = httpx.post(
        f"{server_url}/v1/assets/uploads", json={"url": url, "type": kind}, headers={"Authorization": f"Key {key}"}
    )
    assert response.status_code == 201, response.text
    asset: dict[str, Any] = response.json()["asset"]
    assert asset["type"] == kind
    # Only the name may differ: an initiated one is replaced by one with the extension of the sniffed type.
    assert asset["url"].rpartition("/")[0] == url.rpartition("/")[0]
    return asset


def count_requests(server: Serve, path: str) -> int:
    """Count the requests for that path in the server's log."""
    return _paths(server, path).count(path)


def count_multipart_completions(server: Serve) -> int:
    """Count the completed multipart uploads in the server's log."""
    return sum(path.endswith("/complete") for path in _paths(server, "/complete"))


def _paths(server: Serve, part: str) -> list[str]:
    lines = [json.loads(line) for line in server.log().splitlines() if part in line]
    return [line["path"] for line in lines if line["event"] == "request"]


def serves_file(url: str, path: Path, **headers: str) -> bool:
    """Whether the URL serves exactly that file."""
    served = hashlib.sha256()
    with httpx.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        for chunk in response.iter_bytes():
            served.update(chunk)
    with path.open("rb") as file:
        return served.digest() == hashlib.file_digest(file, "sha256").digest()


def read_lifecycle(server: Serve, key: str, url: str) -> tuple[int | None, Any]:
    """Return the file's lifetime in seconds from its creation, and its ACL."""
    answer = httpx.get(f"{server.url}/v1/storage/files/acl", params={"url": url}, headers={"X-API-Key": key})
    query = "SELECT extract(epoch FROM expires_at - created_at) FROM file WHERE id = %s"
    with psycopg.connect(server.database_url) as connection:
        row = connection.execute(query, [url.split("/")[-2]]).fetchone()
    assert row
    return None if row[0] is None else round(row[0]), answer.json()
