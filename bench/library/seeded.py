"""A served library with very many assets in it, and another workspace beside, so that every index is shared."""

import time
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import psycopg

from bench.client import Connection
from bench.library.content import Shape
from bench.library.figures import note
from bench.library.filling import Target, fill
from bench.library.indexes import without_indexes
from bench.peers.mediatheque import Mediatheque
from mediatheque.embedding import open_embedder
from mediatheque.records.embedded import running_conninfo

SHARES = {"1 %": 0.01, "5 %": 0.05, "30 %": 0.3}
"""Tags by name, and on which share of the assets they are. No query says these names."""
TABLES = ("blob", "file", "asset", "asset_tag", "collection_asset")
"""What `fill` writes to, beside vectors."""
_BESIDE = 20  # the other workspace has one asset where the first sizes of this one has so many


class SeededLibrary(Mediatheque):
    """Ours, without a worker: it would look for files that are not there. `with` it, then `grow`."""

    environment = {"MEDIATHEQUE_RUN_WORKER": "false"}

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _prepare(self) -> None:
        self.size = 0
        self.get("/v1/assets?q=x")  # has the server make the space of its embedder
        url = running_conninfo(self.folder / "data")
        assert url
        self.url = url
        self.shape = Shape(open_embedder("basic", self.models))
        with self.connect() as conn:
            (own,) = conn.execute("SELECT id FROM workspace").fetchone() or ()
            self.other = Target(insert(conn, "workspace", name="other"))
            self.tags = {name: insert(conn, "tag", workspace_id=own, name=name) for name in SHARES}
            self.collection_id = insert(conn, "collection", workspace_id=own, name="ten thousand")
            self.target = Target(
                own,
                {self.tags[name]: share for name, share in SHARES.items()},
                {
                    self.collection_id: (10, 10_000),
                    insert(conn, "collection", workspace_id=own, name="half"): (2, 10**9),
                },
                insert(conn, "folder", workspace_id=own, name="folder", project_type="mixed"),
            )

    @property
    def models(self) -> Path:
        return self.folder / "data" / "models"

    @property
    def workspace_id(self) -> UUID:
        return self.target.workspace_id

    def connect(self) -> psycopg.Connection:
        """Past the server, in autocommit."""
        return psycopg.connect(self.url, autocommit=True)

    def get(self, path: str) -> bytes:
        """One answer of the server, on a connection of its own."""
        with Connection(self.port) as connection:
            return connection.request("GET", path, self.auth).body

    def grow(self, size: int, *, vectors: bool = True) -> None:
        """To so many assets in the workspace; ready to be measured."""
        began = time.monotonic()
        shape, tables = self.shape if vectors else None, [*TABLES, *(["embedding"] if vectors else [])]
        with self.connect() as conn:
            conn.execute("SET synchronous_commit = off")
            with without_indexes(conn, tables) as took:
                if not self.size:
                    fill(conn, self.other, range(size // _BESIDE), shape)
                fill(conn, self.target, range(self.size, size), shape)
                copied = time.monotonic() - began
            conn.execute("VACUUM ANALYZE")
            conn.execute("CHECKPOINT")
        self.size = size
        slowest = ", ".join(f"{name} {s:.0f} s" for name, s in sorted(took.items(), key=lambda t: -t[1])[:4])
        note(f"{size:,} assets: copied in {copied:.0f} s; indexes: {slowest}; {time.monotonic() - began:.0f} s in all")


def insert(conn: psycopg.Connection, table: str, **values: object) -> UUID:
    id = uuid4()
    row = {"id": id, **values}
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})".encode(), list(row.values()))
    return id
