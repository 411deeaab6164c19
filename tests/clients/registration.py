"""What is done with every URL that a client returns: the bytes are read back, and the URL becomes an asset."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.server import Serve


def registered(server_url: str, key: str, url: str, data: bytes, kind: str = "image") -> dict[str, Any]:
    """The asset over the URL, whose bytes are exactly `data`."""
    assert url.startswith(f"{server_url}/files/b/")
    assert httpx.get(url).content == data
    response = httpx.post(
        f"{server_url}/v1/assets/uploads", json={"url": url, "type": kind}, headers={"Authorization": f"Key {key}"}
    )
    assert response.status_code == 201, response.text
    asset: dict[str, Any] = response.json()["asset"]
    assert asset["type"] == kind
    # The name in it is for people: a promised one is replaced by one that tells what the bytes are.
    assert asset["url"].rpartition("/")[0] == url.rpartition("/")[0]
    return asset


def requests(server: Serve, path: str) -> int:
    """How many requests for that path are in the server's log."""
    return _paths(server, path).count(path)


def in_parts(server: Serve) -> int:
    """How many uploads in parts the server's log has the completion of."""
    return sum(path.endswith("/complete") for path in _paths(server, "/complete"))


def _paths(server: Serve, part: str) -> list[str]:
    lines = [json.loads(line) for line in server.log().splitlines() if part in line]
    return [line["path"] for line in lines if line["event"] == "request"]


def same(url: str, path: Path, **headers: str) -> bool:
    """Whether the URL serves exactly that file."""
    served = hashlib.sha256()
    with httpx.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        for chunk in response.iter_bytes():
            served.update(chunk)
    with path.open("rb") as file:
        return served.digest() == hashlib.file_digest(file, "sha256").digest()


def kept(server: Serve, key: str, url: str) -> tuple[int | None, Any]:
    """How the file at the URL is kept: seconds until it ends, from when it was made, and its ACL."""
    answer = httpx.get(f"{server.url}/v1/storage/files/acl", params={"url": url}, headers={"X-API-Key": key})
    query = "SELECT extract(epoch FROM expires_at - created_at) FROM file WHERE id = %s"
    with psycopg.connect(server.database_url) as connection:
        row = connection.execute(query, [url.split("/")[-2]]).fetchone()
    assert row
    return None if row[0] is None else round(row[0]), answer.json()
