"""Storage keys are handed out once, and never without a pending write."""

import asyncio
from uuid import uuid4

import pytest

from mediatheque.library import Library, storage_keys
from mediatheque.library.storage_keys import StorageKeys


async def pending(library: Library) -> set[str]:
    async with library.database.connection() as conn:
        cursor = await conn.execute("SELECT storage_key FROM pending_write WHERE NOT deleting")
        return {row["storage_key"] for row in await cursor.fetchall()}


@pytest.fixture
def keys(library: Library) -> StorageKeys:
    return StorageKeys(library.database, library.store)


async def test_every_key_is_taken_once_and_has_a_pending_write(library: Library, keys: StorageKeys) -> None:
    taken = await asyncio.gather(*(keys.take() for _ in range(200)))
    assert len(set(taken)) == 200
    assert set(taken) <= await pending(library)


async def test_single_uploads_begin_no_more_keys_than_they_take(library: Library, keys: StorageKeys) -> None:
    taken = await keys.take()
    assert await pending(library) == {taken}


async def test_batches_grow_to_a_limit(library: Library, keys: StorageKeys) -> None:
    for _ in range(300):
        await keys.take()
    assert 300 <= len(await pending(library)) <= 300 + storage_keys._MAX_BATCH


async def test_close_ends_the_pending_writes_of_unused_keys(library: Library, keys: StorageKeys) -> None:
    taken = {await keys.take() for _ in range(5)}
    await keys.close()
    assert await pending(library) == taken


async def test_old_keys_are_replaced(library: Library, keys: StorageKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        await keys.take()
    unused = set(keys._unused)
    assert unused
    monkeypatch.setattr(storage_keys, "_MAX_AGE_SECONDS", -1.0)
    assert await keys.take() not in unused
    assert not unused & await pending(library)


async def test_keys_are_replaced_when_another_postgres_may_answer(library: Library, keys: StorageKeys) -> None:
    """A standby that takes over need not have the last commits."""
    for _ in range(4):
        await keys.take()
    assert keys._unused
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM pending_write")
    library.database.availability.suspect()
    assert await keys.take() in await pending(library)


async def test_mark_that_the_database_expects_is_followed(library: Library, keys: StorageKeys) -> None:
    id = uuid4()
    async with library.database.connection() as conn:
        await conn.execute("INSERT INTO store_identity (id, written_at) VALUES (%s, now())", (id,))
    await keys.take()
    assert library.store.mark.expected == id
