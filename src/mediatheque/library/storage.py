"""Bytes put into the store so that a crash leaves nothing there unknown, and taken out again."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from mediatheque.blobs import BlobStore, new_key
from mediatheque.errors import LibraryError
from mediatheque.library.removal import delete_marked
from mediatheque.records.database import Database
from mediatheque.records.storage import pending_writes


async def store_blob(database: Database, store: BlobStore, put: Callable[[str], Awaitable[object]]) -> str:
    """Have `put` make bytes durable under a new key, which is noted before. Nothing stays of a failure."""
    key = new_key()
    async with database.connection() as conn:
        await pending_writes.begin(conn, key)
    try:
        await put(key)
    except LibraryError:
        await discard(database, store, key)
        raise
    return key


async def discard(database: Database, store: BlobStore, key: str) -> None:
    """Take the bytes out again. What cannot be removed now is the sweep's: that is nobody's refusal."""
    with suppress(LibraryError):
        async with database.connection() as conn:
            await pending_writes.mark_for_deletion(conn, [key])
        await delete_marked(database, store, [key])


async def try_delete_marked(database: Database, store: BlobStore, key: str) -> None:
    """The same for bytes that have been given up already, in the transaction that found them unwanted."""
    with suppress(LibraryError):
        await delete_marked(database, store, [key])
