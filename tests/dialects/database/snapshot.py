"""Counts of stored data: rows of a workspace, and files in the blob folders."""

import os
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

_ROWS = """
    SELECT 'blob', count(*) FROM blob WHERE workspace_id = %(id)s
    UNION ALL SELECT 'file', count(*) FROM file WHERE workspace_id = %(id)s
    UNION ALL SELECT 'asset', count(*) FROM asset WHERE workspace_id = %(id)s
    UNION ALL SELECT 'folder', count(*) FROM folder WHERE workspace_id = %(id)s
    UNION ALL SELECT 'tag', count(*) FROM tag WHERE workspace_id = %(id)s
    UNION ALL SELECT 'collection', count(*) FROM collection WHERE workspace_id = %(id)s
    UNION ALL SELECT 'generation', count(*) FROM generation WHERE workspace_id = %(id)s
    UNION ALL SELECT 'input', count(*) FROM generation_input WHERE workspace_id = %(id)s
    UNION ALL SELECT 'upload', count(*) FROM upload WHERE workspace_id = %(id)s
    UNION ALL SELECT 'kept upload', count(*) FROM upload WHERE workspace_id = %(id)s AND completed_at IS NOT NULL
    UNION ALL SELECT 'idempotency', count(*) FROM idempotency WHERE workspace_id = %(id)s
"""


_CLOCK_TICK = 100_000_000
"""Nanoseconds in which a folder may change twice and tell the same time of change; file systems have less."""


class Account(msgspec.Struct, frozen=True):
    """A key and the workspace behind it."""

    key: str
    workspace_id: UUID

    @property
    def key_id(self) -> UUID:
        return UUID(hex=self.key.split("_")[1])


class StoredData:
    """Stored data of a server, read through its database and its blob folder."""

    def __init__(self, database: psycopg.Connection, blobs: Path) -> None:
        self.database = database
        self._blobs = blobs
        self._counted: dict[str, tuple[int, int]] = {}

    def account(self, key: str) -> Account:
        row = self.database.execute(
            "SELECT workspace_id FROM api_key WHERE id = %s", [UUID(hex=key.split("_")[1])]
        ).fetchone()
        assert row
        return Account(key, row[0])

    def revoke(self, account: Account) -> None:
        self.database.execute("UPDATE api_key SET revoked_at = now() WHERE id = %s", [account.key_id])

    def mark_unreferenced(self) -> None:
        """Mark blobs without files, as the library does, for tests that delete file rows directly."""
        self.database.execute(
            "UPDATE blob SET unreferenced_since = now() WHERE unreferenced_since IS NULL"
            " AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)"
        )

    def count(self, account: Account) -> Counter[str]:
        """Count rows of the workspace by table, and files of all workspaces by folder."""
        rows = self.database.execute(_ROWS, {"id": account.workspace_id}).fetchall()
        counts = Counter({name: count for name, count in rows if count})
        with os.scandir(self._blobs) as folders:
            for folder in folders:
                counts["spooled" if folder.name == "spool" else "stored"] += self._files(folder)
        return +counts

    def _files(self, folder: os.DirEntry[str]) -> int:
        """How many files there are. A folder is read again only if it has changed: there are 256."""
        changed = folder.stat().st_mtime_ns
        if folder.name in self._counted and self._counted[folder.name][0] == changed:
            return self._counted[folder.name][1]
        with os.scandir(folder) as files:
            number = sum(1 for _ in files)
        if time.time_ns() - changed > _CLOCK_TICK:
            self._counted[folder.name] = changed, number
        return number

    def expect_counts(self, account: Account, expected: Counter[str], within: float = 10) -> None:
        """Wait until the counts are as expected: after a disconnect, the server cleans up in the background."""
        deadline = time.monotonic() + within
        while (counts := self.count(account)) != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        assert counts == expected
