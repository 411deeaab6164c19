"""The last step of everything that ends: the bytes."""

from collections.abc import Sequence

from mediatheque.blobs import BlobStore
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs, pending_writes


async def delete_marked(database: Database, store: BlobStore, keys: Sequence[str]) -> None:
    """Delete the bytes under keys that have been given up, and committed so; then forget the keys.

    A crash in between leaves keys whose bytes are gone, which the next round finds and deletes again. Bytes that a blob
    names stay, whoever gave them up: no blob can come to name them any more, so this look is the last word.
    """
    async with database.connection() as conn:
        named = await blobs.named_keys(conn, keys)
    for key in keys:
        if key not in named:
            await store.delete(key)
    async with database.connection() as conn:
        await pending_writes.forget(conn, keys)
