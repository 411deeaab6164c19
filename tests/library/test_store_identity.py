"""The store and the database belong together: claimed at the first start, refused when they differ."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.blobs import Disk
from mediatheque.blobs.mark import NAME, StoreMismatch
from mediatheque.errors import BlobsUnavailable
from mediatheque.library import Library
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.store_identity import StoreIdentity
from tests import samples
from tests.library.ingest_requests import ingest_request


@pytest.fixture
async def disks(library: Library, tmp_path: Path) -> AsyncIterator[Callable[[str], Disk]]:
    """Stores in folders by their names; nothing is created there before a claim."""
    opened: list[Disk] = []

    def open_disk(name: str) -> Disk:
        opened.append(Disk(tmp_path / name, create=False))
        return opened[-1]

    yield open_disk
    for disk in opened:
        await disk.close()


@pytest.fixture
def disk(library: Library) -> Disk:
    assert isinstance(library.store, Disk)
    return library.store


def identity(library: Library, store: Disk) -> StoreIdentity:
    return StoreIdentity(library.database, store)


def marks(*stores: Disk) -> list[str | None]:
    return [(path.read_text() if (path := store.root / NAME).exists() else None) for store in stores]


async def test_first_start_marks_the_store_and_later_ones_find_it(
    library: Library, disks: Callable[[str], Disk]
) -> None:
    first = disks("one")
    await identity(library, first).claim()
    await first.ready()
    (mark,) = marks(first)
    assert mark
    again = disks("one")
    await identity(library, again).claim(may_move=True)
    await again.ready()
    assert marks(again) == [mark]


async def test_nodes_that_start_at_once_agree(library: Library, disks: Callable[[str], Disk]) -> None:
    stores = [disks("shared") for _ in range(6)]
    await asyncio.gather(*(identity(library, store).claim(may_move=True) for store in stores))
    for store in stores:
        await store.ready()


async def test_nodes_with_folders_of_their_own_do_not_both_start(
    library: Library, disks: Callable[[str], Disk]
) -> None:
    stores = [disks(name) for name in "abc"]
    claims = (identity(library, store).claim() for store in stores)
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(isinstance(outcome, StoreMismatch) for outcome in outcomes) == [False, True, True]


async def test_store_of_another_library_is_refused_and_left_alone(
    library: Library, disk: Disk, workspace: UUID, disks: Callable[[str], Disk]
) -> None:
    await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))
    theirs = disks("theirs")
    await theirs.mark.write(UUID(int=1))
    before = sorted(theirs.root.iterdir())
    for _ in range(2):
        with pytest.raises(StoreMismatch, match=r"belongs to another library.*store adopt --force"):
            await identity(library, theirs).claim(may_move=True)
    assert sorted(theirs.root.iterdir()) == before
    await identity(library, disk).claim()


async def test_empty_database_refuses_the_blobs_of_another_library(
    library: Library, disk: Disk, disks: Callable[[str], Disk]
) -> None:
    marked = disks("marked")
    await marked.mark.write(UUID(int=1))
    with pytest.raises(StoreMismatch, match="belongs to another library"):
        await identity(library, marked).claim(may_move=True)
    (disk.root / "ab" / ("ab" * 16)).write_bytes(b"of a version before, without a mark")
    with pytest.raises(StoreMismatch, match="does not know"):
        await identity(library, disk).claim(may_move=True)
    assert marks(disk) == [None]


async def test_unmounted_disk_is_refused_and_nothing_is_created_there(
    library: Library, disk: Disk, workspace: UUID, tmp_path: Path
) -> None:
    await identity(library, disk).claim()
    asset = await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))
    mounted = tmp_path / "disk"
    disk.root.rename(mounted)
    for empty in (False, True):
        if empty:
            disk.root.mkdir()
        with pytest.raises(StoreMismatch, match=r"1 blobs.*store adopt`"):
            await identity(library, disk).claim(may_move=True)
        assert disk.root.exists() == empty
        assert not empty or list(disk.root.iterdir()) == []
    disk.root.rmdir()
    mounted.rename(disk.root)
    await identity(library, disk).claim()
    assert await disk.size(asset.file.blob.storage_key) == asset.file.blob.size


async def test_library_of_a_version_before_is_adopted_only_with_its_blobs(
    library: Library, disk: Disk, workspace: UUID, disks: Callable[[str], Disk]
) -> None:
    await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))
    with pytest.raises(StoreMismatch, match="has none of 1 blobs"):
        await identity(library, disks("empty")).claim(may_move=True)
    await identity(library, disk).claim()
    await disk.ready()


async def test_empty_library_may_move_but_its_former_store_is_another_one(
    library: Library, disk: Disk, workspace: UUID, disks: Callable[[str], Disk]
) -> None:
    former, present = disks("former"), disks("present")
    await identity(library, former).claim()
    with pytest.raises(StoreMismatch):
        await identity(library, present).claim()
    await identity(library, present).claim(may_move=True)
    with pytest.raises(StoreMismatch):
        await identity(library, former).claim(may_move=True)
    # A server that still runs over the former store notices at its next upload.
    assert former.mark.expected is not None
    await former.mark.write(former.mark.expected)
    running = Library(library.database, former, library.sandbox)
    with pytest.raises(StoreMismatch):
        await running.ingest.create_asset(ingest_request(workspace, samples.jpeg()))


async def test_library_that_may_not_move_keeps_its_former_store(library: Library, disks: Callable[[str], Disk]) -> None:
    former, taken = disks("former"), disks("taken")
    await identity(library, former).claim()
    (taken.root / "ab").mkdir(parents=True)
    (taken.root / "ab" / ("ab" * 16)).write_bytes(b"of a version before, without a mark")
    with pytest.raises(StoreMismatch, match="does not know"):
        await identity(library, taken).claim(may_move=True)
    await identity(library, former).claim()


async def test_library_may_not_move_while_a_server_has_storage_keys_for_its_store(
    library: Library, disk: Disk, disks: Callable[[str], Disk]
) -> None:
    """It writes an upload under one of them without another look at which store is expected."""
    await identity(library, disk).claim()
    for _ in range(4):
        await library.storage_keys.take()
    elsewhere = disks("elsewhere")
    with pytest.raises(StoreMismatch):
        await identity(library, elsewhere).claim(may_move=True)
    await library.storage_keys.close()
    async with library.database.connection() as conn:
        await conn.execute("UPDATE pending_write SET deleting = true")
    await identity(library, elsewhere).claim(may_move=True)


async def test_store_that_fails_is_not_taken_for_an_empty_one(
    library: Library, disk: Disk, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))

    async def falter(key: str) -> int | None:
        raise BlobsUnavailable from ConnectionError()

    monkeypatch.setattr(disk, "size", falter)
    with pytest.raises(BlobsUnavailable, match="cannot be used for blobs") as raised:
        await identity(library, disk).claim()
    assert not isinstance(raised.value, StoreMismatch)


async def test_restored_blobs_without_the_mark_need_the_word_of_the_operator(
    library: Library, disk: Disk, workspace: UUID, disks: Callable[[str], Disk]
) -> None:
    await identity(library, disk).claim()
    await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))
    restored = disks("restored")
    shutil.copytree(disk.root, restored.root, ignore=shutil.ignore_patterns("library"))
    with pytest.raises(StoreMismatch, match="store adopt"):
        await identity(library, restored).claim(may_move=True)
    assert "has 1 of 1 blobs" in await identity(library, restored).adopt()
    await identity(library, restored).claim()
    for refused in (disks("nothing there"), disks("theirs")):
        if refused.root.name == "theirs":
            await refused.mark.write(UUID(int=1))
        with pytest.raises(StoreMismatch, match="--force"):
            await identity(library, refused).adopt()
        await identity(library, refused).adopt(force=True)
        await identity(library, refused).claim()


async def test_store_that_cannot_be_read_is_named_with_the_reason(
    library: Library, disks: Callable[[str], Disk]
) -> None:
    store = disks("unreadable")
    (store.root / NAME).mkdir(parents=True)
    with pytest.raises(BlobsUnavailable, match=r"unreadable cannot be used for blobs: Is a directory"):
        await identity(library, store).claim()


async def test_garbage_collection_deletes_no_row_while_the_store_is_another_one(
    library: Library, disk: Disk, workspace: UUID, tmp_path: Path
) -> None:
    await identity(library, disk).claim()
    asset = await library.ingest.create_asset(ingest_request(workspace, samples.jpeg()))
    await library.catalog.assets.delete(workspace, asset.id)
    collector = GarbageCollector(library.database, disk, timedelta(seconds=-60))
    disk.root.rename(tmp_path / "disk")
    Disk(disk.root)
    with pytest.raises(StoreMismatch):
        await collector.run()
    with pytest.raises(StoreMismatch):
        await library.ready()
    shutil.rmtree(disk.root)
    (tmp_path / "disk").rename(disk.root)
    await library.ready()
    assert (await collector.run()).storage_keys == 1
    assert await disk.size(asset.file.blob.storage_key) is None


async def test_opened_library_waits_for_its_store(
    library: Library, disks: Callable[[str], Disk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediatheque.library.store_identity._RETRY_SECONDS", 0.01)
    store = disks("later")
    (store.root / NAME).mkdir(parents=True)
    guard = identity(library, store)
    await guard.open()
    with pytest.raises(BlobsUnavailable):
        await store.ready()
    (store.root / NAME).rmdir()
    async with asyncio.timeout(60):
        while not (store.root / "ff").exists():
            await asyncio.sleep(0.01)
    await guard.close()
    await store.ready()
