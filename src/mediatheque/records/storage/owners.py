"""The tables that name storage keys. `verify` and every deletion of bytes ask these, and no other list."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mediatheque.records.database import Connection


class StorageOwner(NamedTuple):
    """A table with a column `storage_key`, which has an index.

    While a row of a `permanent` owner names a key, the bytes under it are never deleted. When the row is deleted, the
    trigger `deleted_bytes` of its table marks them for deletion. Rows of the others name bytes that are being written
    or deleted.
    """

    table: str
    permanent: bool


OWNERS = (
    StorageOwner("blob", permanent=True),
    StorageOwner("pending_write", permanent=False),
    StorageOwner("upload", permanent=False),
)


async def unknown_keys(conn: Connection, storage_keys: Sequence[str]) -> set[str]:
    """Return those of the keys that no owner names, as of one moment."""
    return set(storage_keys) - await _named_keys(conn, OWNERS, storage_keys)


async def referenced_keys(conn: Connection, storage_keys: Sequence[str]) -> set[str]:
    """Return those of the keys that a permanent owner names."""
    return await _named_keys(conn, [owner for owner in OWNERS if owner.permanent], storage_keys)


async def _named_keys(conn: Connection, owners: Iterable[StorageOwner], storage_keys: Sequence[str]) -> set[str]:
    selects = [f"SELECT storage_key FROM {owner.table} WHERE storage_key = ANY(%(keys)s)" for owner in owners]  # noqa: S608 - constants
    cursor = await conn.execute(" UNION ALL ".join(selects), {"keys": list(storage_keys)})
    return {row["storage_key"] for row in await cursor.fetchall()}
