"""The mark of a folder: a disk that is not mounted, or another one, takes no bytes and loses none."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mediatheque.blobs import Disk
from mediatheque.blobs.mark import NAME, StoreMismatch
from mediatheque.errors import BlobsUnavailable
from tests.contracts.blob_store import MISSING, get, put

OURS = UUID(int=7)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Disk]:
    disk = Disk(tmp_path / "blobs")
    await disk.mark.write(OURS)
    disk.mark.expected = OURS
    yield disk
    await disk.close()


def swap(store: Disk, other: Disk) -> None:
    """Exchange the two folders under the running store, as a mount does."""
    aside = store.root.with_name("aside")
    store.root.rename(aside)
    other.root.rename(store.root)
    aside.rename(other.root)


@pytest.mark.parametrize("theirs", [None, uuid4()], ids=["unmounted", "another library"])
async def test_folder_with_all_subfolders_but_not_the_mark_is_no_store(
    store: Disk, tmp_path: Path, theirs: UUID | None
) -> None:
    key = await put(store, b"ours")
    multipart_id = await store.parts.create(MISSING)
    other = Disk(tmp_path / "other")
    if theirs:
        await other.mark.write(theirs)
    swap(store, other)
    part = tmp_path / "part"
    part.write_bytes(b"part")
    for operation in (
        store.ready(),
        put(store, b"lost"),
        store.size(key),
        store.delete(key),
        get(store, key, 0, 4),
        store.parts.create(MISSING[::-1]),
        store.parts.upload_part(MISSING, multipart_id, 1, part, 4),
        store.parts.abort(MISSING, multipart_id),
    ):
        with pytest.raises(StoreMismatch):
            await operation
    swap(store, other)
    await store.ready()
    assert [each.key async for each in other.list_objects()] == []
    assert await get(store, key, 0, 4) == b"ours"
    assert await store.parts.upload_part(MISSING, multipart_id, 1, part, 4)
    await other.close()


async def test_disk_creates_nothing_unless_told(tmp_path: Path) -> None:
    store = Disk(tmp_path / "mnt" / "blobs", create=False)
    assert await store.mark.read() is None
    with pytest.raises(BlobsUnavailable):
        await store.ready()
    assert not (tmp_path / "mnt").exists()
    await store.mark.write(OURS)
    await store.prepare()
    await store.ready()
    assert (tmp_path / "mnt" / "blobs").stat().st_mode & 0o777 == 0o700
    await store.close()


@pytest.mark.parametrize("content", [b"", b"1234", b"\xff" * 40])
async def test_mark_that_was_cut_short_is_none(store: Disk, content: bytes) -> None:
    (store.root / NAME).write_bytes(content)
    assert await store.mark.read() is None
    with pytest.raises(StoreMismatch):
        await store.ready()


async def test_mark_that_cannot_be_read_is_an_error_and_not_missing(store: Disk) -> None:
    (store.root / NAME).unlink()
    (store.root / NAME).mkdir()
    with pytest.raises(BlobsUnavailable) as refused:
        await store.mark.read()
    assert not isinstance(refused.value, StoreMismatch)
    with pytest.raises(BlobsUnavailable):
        await put(store, b"unknown")
