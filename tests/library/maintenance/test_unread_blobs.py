"""Blobs of older versions are read once more: by tasks, in batches, on a disk and in a bucket."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.blobs import BlobsConfig, open_store
from mediatheque.errors import BlobsUnavailable
from mediatheque.library import Library
from mediatheque.library.maintenance import unread_blobs
from mediatheque.model import Asset, EmbeddedMetadata, Filter, Generation
from mediatheque.records.catalog import assets as rows
from mediatheque.records.storage import embedded_metadata
from tests import samples
from tests.library.search.embedded_assets import query, take
from tests.media.metadata import written
from tests.seaweed import Seaweed

START = UUID(int=0)


@pytest.fixture(params=["disk", "bucket"])
async def stored(request: pytest.FixtureRequest, library: Library, tmp_path: Path) -> AsyncIterator[Library]:
    """The library over each kind of store."""
    if request.param == "disk":
        yield library
        return
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    store = open_store(BlobsConfig(location=seaweed.url(), spool=tmp_path / "spool"))
    await store.prepare()
    yield Library(library.database, store, library.sandbox)
    await store.close()


def picture(n: int) -> bytes:
    return written.png({"parameters": f"a zebra{n}\nSteps: {n}"})


async def forget(library: Library) -> None:
    """Leave the rows as a version left them that read neither."""
    await query(library, "UPDATE blob SET crc32 = NULL")
    await query(library, "DELETE FROM embedded_metadata")
    await query(library, "UPDATE asset SET title = title || ' '")


async def tasks(library: Library) -> list[UUID]:
    rows = await query(library, "SELECT args FROM procrastinate_jobs WHERE task_name = 'read_blobs' ORDER BY id")
    return [UUID(row["args"]["after"]) for row in rows]


async def read_all(library: Library) -> int:
    """Do the tasks as a worker does. Return how many there were."""
    done = 0
    while after := await tasks(library):
        await query(library, "DELETE FROM procrastinate_jobs WHERE task_name = 'read_blobs'")
        for each in after:
            await library.maintenance.unread_blobs.read(each)
            done += 1
    return done


async def found(library: Library, workspace: UUID, text: str) -> list[UUID]:
    rows = await query(
        library,
        "SELECT id FROM asset WHERE workspace_id = %s AND document @@ to_tsquery('simple', %s) ORDER BY id",
        workspace,
        text,
    )
    return [row["id"] for row in rows]


async def check(library: Library, workspace: UUID, asset: Asset, data: bytes, n: int) -> None:
    again, said = await library.catalog.assets.get_described(workspace, asset.id)
    assert again.file.blob.crc32 == zlib.crc32(data)
    assert said.generation
    assert said.generation.prompt == f"a zebra{n}"
    assert await found(library, workspace, f"zebra{n}") == [asset.id]


async def test_old_blobs_are_read(stored: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_blobs, "_BATCH", 2)
    data = [picture(n) for n in range(5)]
    assets = [await take(stored, workspace, each) for each in data]
    silent = await take(stored, workspace, samples.jpeg())
    await forget(stored)
    assert await found(stored, workspace, "zebra1") == []
    assert await stored.maintenance.unread_blobs.start()
    assert await read_all(stored) == 4
    for n, asset in enumerate(assets):
        await check(stored, workspace, asset, data[n], n)
    again, said = await stored.catalog.assets.get_described(workspace, silent.id)
    assert (again.file.blob.crc32, said.data, said.generation) == (zlib.crc32(samples.jpeg()), {}, None)
    assert not await stored.maintenance.unread_blobs.start(), "there is nothing left to read"


async def test_task_is_deferred_once(library: Library, workspace: UUID) -> None:
    await take(library, workspace, picture(1))
    assert not await library.maintenance.unread_blobs.start()
    await forget(library)
    assert [await library.maintenance.unread_blobs.start() for _ in range(3)] == [True, False, False]
    assert await tasks(library) == [START]


async def test_task_can_be_repeated(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace, picture(1))
    await forget(library)
    for _ in range(2):
        await library.maintenance.unread_blobs.read(START)
    await check(library, workspace, asset, picture(1), 1)


async def test_missing_damaged_and_refused_blobs_are_passed(library: Library, workspace: UUID) -> None:
    missing, damaged, refused, sound = [await take(library, workspace, picture(n)) for n in range(4)]
    await forget(library)
    await library.store.delete(missing.file.blob.storage_key)
    path = library.store.local_path(damaged.file.blob.storage_key)
    assert path
    path.chmod(0o600)
    path.write_bytes(b"\0" * damaged.file.blob.size)
    await query(library, "UPDATE blob SET mime = 'image/gif' WHERE id = %s", refused.file.blob.id)
    await library.maintenance.unread_blobs.start()
    await read_all(library)
    await check(library, workspace, sound, picture(3), 3)
    assets, _ = await library.catalog.assets.page(workspace, Filter(), None, 9)
    known = {asset.id: asset.file.blob.crc32 for asset in assets}
    assert (known[missing.id], known[damaged.id]) == (None, None)
    assert known[refused.id] == zlib.crc32(picture(2))


async def test_outage_of_the_store_is_left_to_a_retry(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(library, workspace, picture(1))
    await forget(library)

    def away(_: str) -> None:
        raise BlobsUnavailable

    monkeypatch.setattr(library.store, "open_local", away)
    with pytest.raises(BlobsUnavailable):
        await library.maintenance.unread_blobs.read(START)
    assert await tasks(library) == []


async def test_asset_made_of_the_file_meanwhile_has_the_words(library: Library, workspace: UUID) -> None:
    first = await take(library, workspace, picture(1))
    await forget(library)
    await library.maintenance.unread_blobs.read(START)
    second = await take(library, workspace, picture(1))
    assert await found(library, workspace, "zebra1") == sorted([first.id, second.id])


async def test_asset_of_an_old_file_waits_for_the_reading_of_it(library: Library, workspace: UUID) -> None:
    """Else neither would see the other, and the words would be lost."""
    asset = await take(library, workspace, picture(1))
    file = asset.file
    await forget(library)
    await query(library, "DELETE FROM asset WHERE id = %s", asset.id)
    async with library.database.transaction() as conn:
        await rows.insert(conn, asset)
        reading = asyncio.create_task(library.maintenance.unread_blobs.read(START))
        await asyncio.sleep(0.5)
        assert not reading.done()
    await reading
    assert await found(library, workspace, "zebra1") == [asset.id]
    await query(library, "DELETE FROM asset WHERE id = %s", asset.id)
    await forget(library)
    async with library.database.transaction() as conn:
        said = EmbeddedMetadata(generation=Generation(tool="comfyui", prompt="quagga"))
        await embedded_metadata.store_reading(conn, file.blob, 1, said)
        inserting = asyncio.create_task(insert(library, asset))
        await asyncio.sleep(0.5)
        assert not inserting.done()
    await inserting
    assert await found(library, workspace, "quagga") == [asset.id]


async def insert(library: Library, asset: Asset) -> None:
    async with library.database.transaction() as conn:
        await rows.insert(conn, asset)


async def test_reading_changes_no_time_of_an_asset(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace, picture(1))
    await query(library, "UPDATE blob SET crc32 = NULL")
    await query(library, "DELETE FROM embedded_metadata")
    await library.maintenance.unread_blobs.read(START)
    assert (await library.catalog.assets.get(workspace, asset.id)).updated_at is None


async def test_old_blobs_are_found_by_an_index(library: Library, workspace: UUID) -> None:
    await query(
        library,
        "INSERT INTO blob (id, workspace_id, sha256, crc32, size, storage_key, mime, kind)"
        " SELECT gen_random_uuid(), %s, sha256(n::text::bytea), CASE WHEN n %% 1000 <> 0 THEN n END, n,"
        " md5(n::text), 'image/png', 'image' FROM generate_series(1, 5000) n",
        workspace,
    )
    await query(library, "ANALYZE blob")
    (row,) = await query(
        library,
        "EXPLAIN (FORMAT json) SELECT * FROM blob b WHERE crc32 IS NULL AND id > %s ORDER BY id LIMIT 50",
        START,
    )
    assert "blob_unread" in str(row)
