"""Rows inserted directly, so that a test chooses every timestamp and id."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from tests.dialects.database.snapshot import Account, StoredData

BEGINNING = datetime(2026, 11, 21, 12, tzinfo=UTC)


def moment(number: int) -> datetime:
    """Moments are a microsecond apart."""
    return BEGINNING + timedelta(microseconds=number)


class Row(msgspec.Struct, frozen=True, order=True):
    """Sorts in the reverse of list order."""

    moment: int
    id: UUID


def put_assets(
    stored: StoredData,
    account: Account,
    rows: Iterable[Row],
    *,
    mime: str = "image/png",
    title: str = "a word",
    caption: str | None = None,
    name: str = "file.png",
    size: tuple[int | None, int | None] = (64, 48),
    folder_id: UUID | None = None,
) -> None:
    """Assets, each with a file and a blob of the same id. There are no bytes."""
    kind = mime.partition("/")[0]
    for row in rows:
        digest = hashlib.sha256(row.id.bytes).digest()
        stored.database.execute(
            "INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind, width, height)"
            " VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s)",
            [row.id, account.workspace_id, digest, row.id.hex, mime, kind, *size],
        )
        stored.database.execute(
            "INSERT INTO file (id, workspace_id, blob_id, name) VALUES (%s, %s, %s, %s)",
            [row.id, account.workspace_id, row.id, name],
        )
        stored.database.execute(
            "INSERT INTO asset (id, workspace_id, file_id, kind, title, caption, source, folder_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'upload', %s, %s)",
            [row.id, account.workspace_id, row.id, kind, title, caption, folder_id, moment(row.moment)],
        )


def take_asset(stored: StoredData, id: UUID) -> None:
    for table in ("asset", "file", "blob"):
        stored.database.execute(f"DELETE FROM {table} WHERE id = %s", [id])  # type: ignore[arg-type] # our own words


def put_folders(stored: StoredData, account: Account, rows: Iterable[Row]) -> None:
    for row in rows:
        stored.database.execute(
            "INSERT INTO folder (id, workspace_id, name, project_type, created_at)"
            " VALUES (%s, %s, 'a word', 'mixed', %s)",
            [row.id, account.workspace_id, moment(row.moment)],
        )


def take_folder(stored: StoredData, id: UUID) -> None:
    stored.database.execute("DELETE FROM folder WHERE id = %s", [id])


def clear(stored: StoredData, account: Account) -> None:
    """Delete the workspace's assets and folders."""
    for table in ("asset", "file", "blob", "folder"):
        query = f"DELETE FROM {table} WHERE workspace_id = %s"
        stored.database.execute(query, [account.workspace_id])  # type: ignore[arg-type] # our own words
