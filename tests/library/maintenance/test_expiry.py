"""Files whose time is up are deleted, whatever the grace of their bytes."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from mediatheque.errors import NotFound
from mediatheque.library import Library
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.library.maintenance import garbage as sweeping
from mediatheque.library.maintenance.garbage import Collected, GarbageCollector
from mediatheque.model import Asset, File, FileDefaults
from mediatheque.records.catalog.files import delete_expired
from tests import samples
from tests.library.ingest_requests import ingest_request

AT_ONCE = timedelta(seconds=-60)


async def take(library: Library, workspace: UUID, seconds: int | None = None, data: bytes | None = None) -> Asset:
    return await library.ingest.create_asset(_kept(ingest_request(workspace, data or samples.png()), seconds))


async def keep(library: Library, workspace: UUID, seconds: int) -> File:
    """A file without an asset."""
    return await library.ingest.create_file(
        msgspec.structs.replace(_kept(ingest_request(workspace, samples.png()), seconds), describe=None)
    )


def _kept(taken: IngestRequest, seconds: int | None) -> IngestRequest:
    return msgspec.structs.replace(taken, defaults=FileDefaults(lifetime_seconds=seconds))


async def count(library: Library, table: str) -> int:
    async with library.database.connection() as conn:
        cursor = await conn.execute(f"SELECT count(*) AS n FROM {table}".encode())
        row = await cursor.fetchone()
    return row["n"] if row else 0


async def expire(library: Library, *files: File) -> None:
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE id = ANY(%s)", ([file.id for file in files],))


async def test_expired_files_are_deleted_with_their_assets(library: Library, workspace: UUID) -> None:
    kept, lasting = await take(library, workspace), await take(library, workspace, 3600)
    gone, bare = await take(library, workspace, 3600), await keep(library, workspace, 3600)
    assert await library.maintenance.garbage.run() == Collected()
    await expire(library, gone.file, bare)
    assert await library.maintenance.garbage.run() == Collected(files=2)
    assert await library.maintenance.garbage.run() == Collected()
    for asset in (kept, lasting):
        assert await library.catalog.assets.get(workspace, asset.id)
    with pytest.raises(NotFound):
        await library.catalog.assets.get(workspace, gone.id)
    assert await count(library, "file") == await count(library, "asset") == 2


async def test_unreferenced_bytes_are_deleted_after_the_grace_period(library: Library, workspace: UUID) -> None:
    shared, other = await take(library, workspace, 60), await take(library, workspace)
    alone = await take(library, workspace, 60, samples.jpeg())
    await expire(library, shared.file, alone.file)
    assert await library.maintenance.garbage.run() == Collected(files=2)
    assert await library.store.size(alone.file.blob.storage_key) == alone.file.blob.size
    assert (await GarbageCollector(library.database, library.store, AT_ONCE).run()).blobs == 1
    assert await library.store.size(alone.file.blob.storage_key) is None
    assert await library.store.size(other.file.blob.storage_key) == other.file.blob.size


async def test_more_rows_than_a_batch(library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 3)
    assets = [await take(library, workspace, 60) for _ in range(7)]
    await expire(library, *(asset.file for asset in assets))
    assert (await library.maintenance.garbage.run()).files == 7


async def test_locked_file_is_left_for_the_next_round(library: Library, workspace: UUID) -> None:
    held, free = await take(library, workspace, 60), await take(library, workspace, 60)
    await expire(library, held.file, free.file)
    async with library.database.transaction() as conn:
        await conn.execute("SELECT FROM file WHERE id = %s FOR KEY SHARE", (held.file.id,))
        assert (await library.maintenance.garbage.run()).files == 1
    assert (await library.maintenance.garbage.run()).files == 1


async def test_concurrent_deletions_do_not_deadlock(library: Library, workspace: UUID) -> None:
    """All over one blob, whose row everybody wants."""
    assets = [await take(library, workspace, 3600) for _ in range(12)]
    await expire(library, *(asset.file for asset in assets[:6]))

    async def delete_two() -> int:
        async with library.database.transaction() as conn:
            return await delete_expired(conn, 2)

    deleting = [library.catalog.assets.delete(workspace, asset.id) for asset in assets[6:]]
    answers = await asyncio.gather(*deleting, *(delete_two() for _ in range(4)))
    assert sum(answer for answer in answers if isinstance(answer, int)) == 6
    assert await count(library, "file") == await count(library, "asset") == 0
    assert (await GarbageCollector(library.database, library.store, AT_ONCE).run()).blobs == 1
