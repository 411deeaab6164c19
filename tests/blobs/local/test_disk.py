"""The contract on a folder, and the failures of a local file system."""

import errno
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from mediatheque.blobs import BlobsConfig, BlobStore, Disk, Spool, new_key, open_store
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.mark import StoreMismatch
from mediatheque.errors import BlobsUnavailable, LibraryError, NotFound, StorageFull
from tests.contracts.blob_store import (
    INVALID_KEYS,
    MISSING,
    BlobStoreContract,
    content,
    file_names,
    get,
    put,
    spool_files,
    stored,
)
from tests.contracts.parts import PartsContract


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Disk]:
    disk = Disk(tmp_path / "blobs")
    yield disk
    await disk.close()


class TestDisk(BlobStoreContract):
    """Every line of the contract."""


class TestPartsOnDisk(PartsContract):
    """The same for parts, in slots of one page."""

    threshold_bytes = 4096

    @pytest.fixture(autouse=True)
    def small_slots(self, store: Disk) -> None:
        store.parts = LocalParts(store, store.root / "parts", slot_bytes=self.threshold_bytes)

    async def stored_parts(self, store: BlobStore) -> list[str]:
        return file_names(store.spool.with_name("parts"))


async def test_location_without_scheme_opens_a_disk(tmp_path: Path) -> None:
    store = open_store(BlobsConfig(location=str(tmp_path / "deep" / "blobs")))
    assert isinstance(store, Disk)
    assert store.local_path(MISSING) == tmp_path / "deep" / "blobs" / MISSING[:2] / MISSING
    await store.ready()
    await store.close()


async def test_blob_survives_a_restart(store: Disk) -> None:
    key = await put(store, b"kept")
    again = Disk(store.root)
    assert again.local_path(key).read_bytes() == b"kept"
    assert stat.S_IMODE(again.local_path(key).stat().st_mode) == 0o600
    await again.close()


@pytest.mark.parametrize("key", INVALID_KEYS)
async def test_local_path_of_an_invalid_key_is_not_found(store: Disk, key: str) -> None:
    with pytest.raises(NotFound):
        store.local_path(key)


async def test_put_file_fsyncs_file_renames_and_fsyncs_folder(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file first, then its name, then the folder that holds the name."""
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def seen_fsync(fd: int) -> None:
        calls.append(("fsync", str(Path(f"/proc/self/fd/{fd}").readlink())))
        fsync(fd)

    def seen_rename(source: Path, target: Path) -> None:
        calls.append(("rename", str(target)))
        rename(source, target)

    async with Spool(store.spool, limit=100) as spool:
        await spool.write(b"durable")
        await spool.finish()
        monkeypatch.setattr(os, "fsync", seen_fsync)
        monkeypatch.setattr(os, "rename", seen_rename)
        path = store.local_path(await store.put_file(spool.path))
    assert calls == [("fsync", str(spool.path)), ("rename", str(path)), ("fsync", str(path.parent))]


async def test_bytes_and_folder_are_durable_before_put_bytes_returns(
    store: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []
    fsync, pwritev = os.fsync, os.pwritev

    def seen_fsync(fd: int) -> None:
        calls.append(("fsync", str(Path(f"/proc/self/fd/{fd}").readlink())))
        fsync(fd)

    def seen_pwritev(fd: int, buffers: list[bytes], offset: int, flags: int) -> int:
        calls.append((f"pwritev {flags}", str(Path(f"/proc/self/fd/{fd}").readlink())))
        return pwritev(fd, buffers, offset, flags)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "pwritev", seen_pwritev)
    key = new_key()
    await store.put_bytes(b"durable", key)
    path = store.local_path(key)
    assert calls == [(f"pwritev {os.RWF_DSYNC}", str(path)), ("fsync", str(path.parent))]


def record_fsyncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every fsync from now on adds the mode of what it syncs."""
    fsync, synced = os.fsync, list[int]()

    def seen(fd: int) -> None:
        synced.append(os.fstat(fd).st_mode)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", seen)
    return synced


async def test_short_write_of_bytes_is_completed_and_fsynced(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that is nearly full."""
    pwritev, synced = os.pwritev, record_fsyncs(monkeypatch)

    def short(fd: int, buffers: list[bytes], offset: int, flags: int) -> int:
        return pwritev(fd, [buffers[0][:3]], offset, flags)

    monkeypatch.setattr(os, "pwritev", short)
    key = new_key()
    await store.put_bytes(b"durable", key)
    assert await get(store, key, 0, 7) == b"durable"
    assert [stat.S_ISREG(mode) for mode in synced] == [True, False]


async def test_bytes_are_fsynced_where_no_write_waits_for_the_disk(
    store: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in gVisor, which refuses the flag."""
    synced = record_fsyncs(monkeypatch)

    def refuse(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "pwritev", refuse)
    key = new_key()
    await store.put_bytes(b"durable", key)
    assert await get(store, key, 0, 7) == b"durable"
    assert [stat.S_ISREG(mode) for mode in synced] == [True, False]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["pwritev", "fsync"])
async def test_failed_write_of_bytes_leaves_no_blob(
    store: Disk, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(StorageFull if number == errno.ENOSPC else BlobsUnavailable):
        await store.put_bytes(b"lost", new_key())
    assert await stored(store) == {}


async def test_bytes_written_while_the_disk_was_exchanged_are_refused(store: Disk) -> None:
    """Its mark is checked again after the write."""
    ours = uuid4()
    await store.mark.write(ours)
    store.mark.expected = ours
    checks = 0
    check = store._mark.check

    def exchange_after_the_first_check() -> None:
        nonlocal checks
        checks += 1
        if checks > 1:
            (store.root / "library" / "id").unlink()
        check()

    store._mark.check = exchange_after_the_first_check  # type: ignore[method-assign]
    with pytest.raises(StoreMismatch):
        await store.put_bytes(b"astray", new_key())
    assert not [path for path in store.root.glob("??/*") if path.is_file()]


async def test_spool_does_not_fsync(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: int) -> None:
        raise AssertionError("fsync in the spool")

    monkeypatch.setattr(os, "fsync", never)
    monkeypatch.setattr(os, "fdatasync", never)
    async with Spool(store.spool, limit=20 << 20) as spool:
        await spool.write(content(20 << 20))
        await spool.finish()


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, BlobsUnavailable)],
    ids=["full", "quota", "broken"],
)
async def test_failed_fsync_leaves_no_blob(
    store: Disk, monkeypatch: pytest.MonkeyPatch, folder: bool, number: int, expected: type[LibraryError]
) -> None:
    fsync = os.fsync

    def failing(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode) == folder:
            raise OSError(number, os.strerror(number))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(expected):
        await put(store, b"lost")
    assert await stored(store) == {}
    assert spool_files(store) == []


async def errors_of_operations(store: BlobStore) -> list[LibraryError | None]:
    """Return what each method raises, in a fixed order."""
    results: list[LibraryError | None] = []
    for operation in operations(store):
        try:
            await operation()
            results.append(None)
        except LibraryError as error:
            results.append(error)
    return results


def operations(store: BlobStore) -> list[Callable[[], object]]:
    return [
        lambda: put(store, b"x"),
        lambda: store.put_bytes(b"x", new_key()),
        lambda: store.size(MISSING),
        lambda: get(store, MISSING, 0, 1),
        lambda: store.delete(MISSING),
        lambda: stored(store),
        store.ready,
    ]


@pytest.mark.parametrize("moved", [True, False], ids=["unmounted", "a file in its place"])
async def test_missing_folder_is_unavailable(store: Disk, moved: bool) -> None:
    key = await put(store, b"still there")
    away = store.root.with_name("away")
    store.root.rename(away)
    if not moved:
        store.root.write_bytes(b"")
    assert [type(result) for result in await errors_of_operations(store)] == [BlobsUnavailable] * 7
    assert store.root.exists() is not moved
    store.root.unlink(missing_ok=True)
    away.rename(store.root)
    assert await get(store, key, 0, 11) == b"still there"


async def test_empty_mount_point_is_unavailable(store: Disk) -> None:
    """Deleting every shard is what an unmounted volume looks like from inside its mount point."""
    shutil.rmtree(store.root)
    store.root.mkdir()
    assert [type(result) for result in await errors_of_operations(store)] == [BlobsUnavailable] * 7
    assert list(store.root.iterdir()) == []


async def test_listing_skips_foreign_files(store: Disk) -> None:
    key = await put(store, b"ours")
    (store.root / "ab" / "notes.txt").write_text("not ours")
    (store.root / "lost+found").mkdir()
    assert await stored(store) == {key: 4}


async def test_read_of_a_truncated_blob_is_unavailable(store: Disk) -> None:
    key = await put(store, content(3 << 20))
    os.truncate(store.local_path(key), 2 << 20)
    with pytest.raises(BlobsUnavailable):
        await get(store, key, 0, 3 << 20)


async def test_full_disk_stores_nothing_and_recovers(tiny: Path) -> None:
    store = Disk(tiny)
    for size in (1_000_000, 1_100_000, 5 << 20):
        with pytest.raises(StorageFull):
            await put(store, content(size))
        assert spool_files(store) == []
    assert await stored(store) == {}
    key = await put(store, content(100_000))
    assert await stored(store) == {key: 100_000}
    await store.close()


async def test_internal_uri_is_the_path_below_the_folder(store: Disk) -> None:
    key = await put(store, b"content")
    assert (store.root / await store.internal_uri(key, seconds=1)).read_bytes() == b"content"
