"""Reading a server's database and folders directly."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from tests import command_line
from tests.server import Serve


class StoredCounts(msgspec.Struct, frozen=True):
    """Numbers of rows and of files. `blob_files` are complete blobs, `spool_files` are uploads in progress."""

    blobs: int
    files: int
    assets: int
    blob_files: int
    spool_files: int


def rows(server: Serve) -> list[int]:
    """Count the blobs, files and assets in the database."""
    return [_one(server, f"SELECT count(*) FROM {table}") for table in ("blob", "file", "asset")]


def count_stored(server: Serve) -> StoredCounts:
    return StoredCounts(
        *rows(server), blob_files=len(blob_files(server.data / "blobs")), spool_files=len(spool_files(server))
    )


def blob_files(root: Path) -> list[Path]:
    return [path for shard in root.iterdir() if len(shard.name) == 2 for path in shard.iterdir()]


def spool_files(server: Serve) -> list[Path]:
    folders = (server.data / "blobs" / "spool", server.data / "incoming")
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir()]


def rows_without_bytes(server: Serve, root: Path | None = None) -> list[UUID]:
    """Return the blobs whose bytes on disk differ from their row."""
    folder = root or server.data / "blobs"
    blobs = _all(server, "SELECT id, sha256, size, storage_key FROM blob")
    return [id for id, sha256, size, key in blobs if not _has_content(folder / key[:2] / key, bytes(sha256), size)]


def assert_verify_finds_nothing(server: Serve) -> None:
    """Run `mediatheque verify` while the server runs, and assert that it finds nothing wrong."""
    ended = command_line.here("verify", "--data", server.data, env=server.env)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def assets_of(server: Serve, sha256: str) -> int:
    """Count the assets with that content, in all workspaces."""
    query = """
        SELECT count(*) FROM asset a JOIN file f ON f.id = a.file_id JOIN blob b ON b.id = f.blob_id WHERE b.sha256 = %s
    """
    return int(_one(server, query, bytes.fromhex(sha256)))


def is_claimed(server: Serve, idempotency_key: str) -> bool:
    """Whether a request holds a claim on the key."""
    query = "SELECT count(*) FROM idempotency WHERE key = %s AND status IS NULL"
    return bool(_one(server, query, idempotency_key))


def largest_spool_file(server: Serve) -> int:
    """Its size in bytes; 0 if there is none or it has just been deleted."""
    try:
        return max((path.stat().st_size for path in spool_files(server)), default=0)
    except FileNotFoundError:
        return 0


def _has_content(path: Path, sha256: bytes, size: int) -> bool:
    if not path.is_file():
        return False
    content = path.read_bytes()
    return len(content) == size and hashlib.sha256(content).digest() == sha256


def _one(server: Serve, query: str, *parameters: object) -> Any:
    return _all(server, query, *parameters)[0][0]


def _all(server: Serve, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.database_url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()
