"""Writing and deleting stored bytes so that a crash leaves no bytes in the store that the database does not know.

A row of `pending_write` is committed before bytes are written and before they are deleted. The row is deleted in
the transaction that makes another row refer to the bytes, or after the bytes are deleted.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from mediatheque.blobs import BlobStore
from mediatheque.errors import LibraryError
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.records.database import Database
from mediatheque.records.storage import owners, pending_writes


async def store_blob(
    database: Database, store: BlobStore, keys: StorageKeys, put: Callable[[str], Awaitable[object]]
) -> str:
    """Have `put` write bytes durably under a new key, and return the key. On failure the bytes are deleted again."""
    key = await keys.take()
    try:
        await put(key)
    except LibraryError:
        await discard(database, store, key)
        raise
    return key


async def discard(database: Database, store: BlobStore, key: str) -> None:
    """Delete bytes that nothing refers to. Does not fail: what cannot be deleted now is left to garbage collection."""
    with suppress(LibraryError):
        async with database.connection() as conn:
            await pending_writes.mark_for_deletion(conn, [key])
        await delete_marked(database, store, [key])


async def delete_marked(database: Database, store: BlobStore, keys: Sequence[str]) -> None:
    """Delete the bytes under keys whose mark for deletion is committed, then the marks.

    After a crash in between, garbage collection deletes the keys again. Keys that a row still refers to are skipped.
    No new reference to a marked key is possible, so one check is enough.
    """
    async with database.connection() as conn:
        referenced = await owners.referenced_keys(conn, keys)
    for key in keys:
        if key not in referenced:
            await store.delete(key)
    async with database.connection() as conn:
        await pending_writes.forget(conn, keys)


async def try_delete_marked(database: Database, store: BlobStore, key: str) -> None:
    """Delete the bytes under one marked key, then its mark.

    Does not fail: what cannot be deleted now is left to garbage collection.
    """
    with suppress(LibraryError):
        await delete_marked(database, store, [key])
