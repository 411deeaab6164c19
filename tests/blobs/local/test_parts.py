"""Guarantees and failures of parts in a local folder."""

import asyncio
import errno
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import pytest

from mediatheque.blobs import Disk
from mediatheque.blobs.local import parts, parts_folder
from mediatheque.blobs.local.files import Stopped
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.blobs.local.parts_folder import PartsFolder
from mediatheque.errors import BlobsUnavailable, NotFound, StorageFull
from tests.contracts.blob_store import content, eventually, file_names, open_files, spool_files, stored
from tests.contracts.parts import MultipartUpload

SLOT_BYTES = 64 * 1024


def small(store: Disk, slot_bytes: int = SLOT_BYTES) -> Disk:
    store.parts = LocalParts(store, store.root / "parts", slot_bytes=slot_bytes)
    return store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Disk]:
    disk = small(Disk(tmp_path / "blobs"))
    yield disk
    await disk.close()


def folder(store: Disk, upload: MultipartUpload) -> Path:
    return store.root / "parts" / upload.key


async def three_parts(store: Disk) -> MultipartUpload:
    upload = await MultipartUpload.create(store)
    for number, size in ((2, SLOT_BYTES), (3, 500), (1, SLOT_BYTES)):
        await upload.write(number, content(size, number))
    return upload


async def test_full_slots_in_order_are_joined_without_a_copy(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("bytes were copied")

    upload = await three_parts(store)
    inode = (folder(store, upload) / "slots").stat().st_ino
    monkeypatch.setattr(parts_folder, "copy_range", fail)
    await upload.complete()
    assert store.local_path(upload.key).stat().st_ino == inode
    assert await upload.read() == upload.expected()


async def test_rewritten_part_is_the_only_one_copied(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[int] = []
    copy_range = parts_folder.copy_range

    def counted(source: int, start: int, target: int, at: int, length: int, *, stop: Event) -> None:
        copied.append(length)
        copy_range(source, start, target, at, length, stop=stop)

    upload = await three_parts(store)
    inode = (folder(store, upload) / "slots").stat().st_ino
    for seed in range(20, 25):
        await upload.write(2, content(SLOT_BYTES, seed))
    files = [name for name in file_names(folder(store, upload)) if not name.endswith(".lock")]
    assert files == ["2-4", "2-5", "slots", "taken"]
    monkeypatch.setattr(parts_folder, "copy_range", counted)
    await upload.complete()
    assert copied == [SLOT_BYTES]
    assert store.local_path(upload.key).stat().st_ino == inode
    assert await upload.read() == upload.expected()


async def test_filled_slot_is_never_overwritten(store: Disk) -> None:
    upload = await three_parts(store)
    first = upload.ordered()
    expected = upload.expected()
    await upload.write(1, content(SLOT_BYTES, 99))
    await store.parts.complete(upload.key, upload.multipart_id, first)
    assert await upload.read() == expected


@pytest.mark.parametrize("slot_bytes", [SLOT_BYTES, 1], ids=["in slots", "apart"])
async def test_concurrent_writes_of_one_part_are_both_stored(tmp_path: Path, slot_bytes: int) -> None:
    """Several writers of one part run at the same time."""
    disk = small(Disk(tmp_path / "blobs"), slot_bytes)
    contents = [content(SLOT_BYTES, seed) for seed in range(3)]
    for _ in range(10):
        upload = await MultipartUpload.create(disk)

        async def write(data: bytes, number: int, upload: MultipartUpload = upload) -> tuple[str, bytes]:
            path = disk.spool / data[:8].hex()
            path.write_bytes(data)
            return await disk.parts.upload_part(upload.key, upload.multipart_id, number, path, len(data)), data

        written = await asyncio.gather(*(write(data, 1) for data in contents))
        etags = [etag for etag, _ in written]
        assert len(set(etags)) == len(etags)
        newest = max(etags, key=lambda etag: int(etag.partition("-")[2] or 0))
        for etag, data in written:
            if etag in (newest, "slot"):
                name = "slots" if etag == "slot" else etag
                assert (folder(disk, upload) / name).read_bytes() == data
    await disk.close()


async def test_failed_complete_without_the_last_part_keeps_that_part(
    store: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> str:
        raise StorageFull

    upload = await MultipartUpload.create(store)
    for number in (1, 2, 3):
        await upload.write(number, content(SLOT_BYTES, number))
    with monkeypatch.context() as patched:
        patched.setattr(store, "put_file", full)
        with pytest.raises(StorageFull):
            await store.parts.complete(upload.key, upload.multipart_id, upload.ordered()[:2])
    await upload.complete()
    assert await upload.read() == upload.expected()


async def test_upload_part_fsyncs_before_it_returns(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def seen(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", seen)
    upload = await MultipartUpload.create(store)
    assert synced == [upload.key, "parts"]
    synced.clear()
    await upload.write(1, b"first")
    assert synced == ["slots", "taken"]
    synced.clear()
    part = await upload.write(1, b"second")
    assert synced == [part.etag, upload.key]


async def test_files_have_mode_0600(store: Disk) -> None:
    upload = await three_parts(store)
    await upload.write(1, b"apart")
    assert stat.S_IMODE(folder(store, upload).stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder(store, upload).iterdir()} == {0o600}
    await upload.complete()
    assert stat.S_IMODE(store.local_path(upload.key).stat().st_mode) == 0o600


async def test_full_disk_refuses_a_part_and_keeps_the_others(tiny: Path) -> None:
    store = small(Disk(tiny))
    upload = await MultipartUpload.create(store)

    async def fill() -> None:
        for number in range(1, 100):
            await upload.write(number, content(SLOT_BYTES, number))

    with pytest.raises(StorageFull):
        await fill()
    assert len(upload.parts) > 4
    with pytest.raises(StorageFull):
        await upload.write(1, content(SLOT_BYTES * 6, 1))  # apart, and there is no room for that either
    assert spool_files(store) == []
    await upload.complete()
    assert await upload.read() == upload.expected()
    assert await stored(store) == {upload.key: len(upload.expected())}
    await store.close()


async def test_full_disk_at_complete_loses_no_part(tiny: Path) -> None:
    store = small(Disk(tiny))
    upload = await MultipartUpload.create(store)
    for number in (1, 3, 5, 7, 9, 11):
        await upload.write(number, content(SLOT_BYTES, number))
    ballast = tiny / "ballast"
    ballast.write_bytes(bytes(200_000))
    with pytest.raises(StorageFull):
        await upload.complete()
    ballast.unlink()
    await upload.complete()
    assert await upload.read() == upload.expected()
    await store.close()


@pytest.mark.parametrize("broken", ["file", "folder"])
async def test_failed_fsync_at_complete_loses_no_part(
    store: Disk, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    fsync = os.fsync

    def failing(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode) == (broken == "folder"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(fd)

    upload = await three_parts(store)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", failing)
        with pytest.raises(BlobsUnavailable):
            await upload.complete()
    assert await stored(store) == {}
    await upload.complete()
    assert await upload.read() == upload.expected()


async def test_cancelled_write_has_ended_when_the_caller_continues(
    store: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the next writer would meet the thread of the cancelled one."""
    events: list[str] = []

    def slow(*_: object, stop: Event) -> None:
        events.append("began")
        stop.wait(5)
        time.sleep(0.05)
        events.append("ended")
        raise Stopped

    upload = await MultipartUpload.create(store)
    with monkeypatch.context() as slowly:
        slowly.setattr(parts_folder, "copy_range", slow)
        writing = asyncio.ensure_future(upload.write(1, b"never"))
        await eventually(lambda: events == ["began"])
        writing.cancel()
        await asyncio.wait([writing])
    assert writing.cancelled()
    assert events == ["began", "ended"]
    await upload.write(1, b"data")
    await upload.complete()
    assert await upload.read() == b"data"


async def test_write_during_a_join_is_unavailable(store: Disk) -> None:
    upload = await three_parts(store)
    joiner = PartsFolder(folder(store, upload), SLOT_BYTES)
    assert joiner.try_lock()
    with pytest.raises(BlobsUnavailable):
        await upload.write(4, b"late")
    joiner.unlock()
    await upload.write(4, b"late")


async def test_join_waits_for_writers(store: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = await three_parts(store)
    writer = PartsFolder(folder(store, upload), SLOT_BYTES)
    assert writer.try_lock(parts_folder.fcntl.LOCK_SH)
    joining = asyncio.ensure_future(upload.complete())
    await asyncio.sleep(0.1)
    assert not joining.done()
    writer.unlock()
    await joining
    assert await upload.read() == upload.expected()

    upload = await three_parts(store)
    writer = PartsFolder(folder(store, upload), SLOT_BYTES)
    assert writer.try_lock(parts_folder.fcntl.LOCK_SH)
    monkeypatch.setattr(parts, "_LOCK_TRIES", 2)
    with pytest.raises(BlobsUnavailable):
        await upload.complete()
    writer.unlock()


async def test_missing_store_folder_is_unavailable(store: Disk) -> None:
    upload = await three_parts(store)
    away = store.root.with_name("away")
    store.root.rename(away)
    for attempt in (
        lambda: MultipartUpload.create(store),
        lambda: store.parts.upload_part(upload.key, upload.multipart_id, 1, away / "x", 1),
        upload.complete,
        upload.abort,
    ):
        with pytest.raises(BlobsUnavailable):
            await attempt()
    away.rename(store.root)
    await upload.complete()
    assert await upload.read() == upload.expected()


async def test_interrupted_abort_is_completed_by_the_next(store: Disk) -> None:
    upload = await three_parts(store)
    folder(store, upload).rename(folder(store, upload).with_name(f"{upload.key}.gone"))
    with pytest.raises(NotFound):
        await upload.write(1, b"x")
    await upload.abort()
    assert file_names(store.root / "parts") == []


async def test_files_are_closed(store: Disk) -> None:
    upload = await three_parts(store)
    await upload.write(1, b"apart")
    assert open_files(store) == []
    await upload.complete()
    with pytest.raises(NotFound):
        await upload.write(2, b"late")
    assert open_files(store) == []


CRASHES = """
import asyncio, hashlib, json, os, random, signal, sys
from pathlib import Path
from mediatheque.blobs import Disk
from mediatheque.blobs.local import files
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.model import UploadedPart
files.CHUNK_BYTES = 4096  # so that a slot can be torn
KEY, STEPS = "0123456789abcdef" * 2, "write fsync ftruncate rename pwrite unlink rmdir".split()

def crash_at(step):
    for name in STEPS:
        def counted(*args, real=getattr(os, name), **more):
            nonlocal step
            step -= 1
            if step < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)
        setattr(os, name, counted)

def say(*words):
    os.write(1, (json.dumps(words) + chr(10)).encode())

async def upload(root, step):
    store = Disk(root)
    store.parts = LocalParts(store, root / "parts", slot_bytes=8192)
    crash_at(step)
    multipart_id = await store.parts.create(KEY)
    say(step, "begun")
    parts = {}
    for number, size, seed in ((2, 8192, 2), (1, 8192, 1), (2, 8192, 22), (2, 8192, 23), (3, 5000, 3)):
        given = store.spool / str(seed)
        given.write_bytes(random.Random(seed).randbytes(size))
        etag = await store.parts.upload_part(KEY, multipart_id, number, given, size)
        say(step, number, size, etag, seed)
        parts[number] = UploadedPart(number=number, size=size, sha256=bytes(32), etag=etag)
    await store.parts.complete(KEY, multipart_id, [parts[1], parts[2], parts[3]])
    say(step, "joined")
    os._exit(0)

for step in range(1000):
    child = os.fork()
    if not child:
        asyncio.run(upload(Path(sys.argv[1]) / str(step), step))
    if os.waitpid(child, 0)[1] == 0:
        break
"""


async def test_kill_at_any_step_keeps_acknowledged_parts(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", CRASHES, tmp_path], capture_output=True, text=True, check=True)
    said: dict[int, list[list]] = {int(root.name): [] for root in tmp_path.iterdir()}
    for line in run.stdout.splitlines():
        step, *words = json.loads(line)
        said[step].append(words)
    assert len(said) > 25
    assert sum(words[-1] == ["joined"] for words in said.values() if words) == 1
    for step, words in sorted(said.items()):
        if words:
            await finished_after_crash(tmp_path / str(step), words[1:])


async def finished_after_crash(root: Path, said: list[list]) -> None:
    """Acknowledged parts are kept; the others are sent again; the blob is right, and no part is left over."""
    store = small(Disk(root), slot_bytes=8192)
    upload = MultipartUpload(store, "0123456789abcdef" * 2, "")
    for number, size, etag, seed in (words for words in said if words != ["joined"]):
        data = content(size, seed)
        upload.data[number] = data
        upload.parts[number] = parts_folder.UploadedPart(number=number, size=size, sha256=bytes(32), etag=etag)
    for number, size in ((1, 8192), (2, 8192), (3, 5000)):
        if number not in upload.parts:
            await upload.write(number, content(size, number))
    await upload.complete()
    assert await upload.read() == upload.expected()
    assert file_names(root / "parts") == []
    await store.close()


def test_memory_is_bounded(tmp_path: Path) -> None:
    """40 parts of 10 MiB, four at a time, one of them sent twice, then joined and hashed; growth in MiB."""
    script = f"""
import asyncio, re
from pathlib import Path
from mediatheque.blobs import Disk
from mediatheque.model import UploadedPart
MIB, KEY = 1 << 20, "0123456789abcdef" * 2
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
async def main():
    store = Disk(Path({str(tmp_path)!r}))
    given = store.spool / "given"
    with given.open("wb") as file:
        for number in range(10):
            file.write(bytes([number]) * MIB)
    async def write(number):
        etag = await store.parts.upload_part(KEY, multipart_id, number, given, 10 * MIB)
        return UploadedPart(number=number, size=10 * MIB, sha256=bytes(32), etag=etag)
    multipart_id = await store.parts.create(KEY)
    start = peak()
    parts = [await write(1), await write(2)]
    for first in range(3, 41, 4):
        parts += await asyncio.gather(*(write(number) for number in range(first, min(first + 4, 41))))
    parts[1] = await write(2)
    await store.parts.complete(KEY, multipart_id, parts)
    async with store.open_local(KEY) as copy:
        assert (await copy.hash()).size == 400 * MIB
    await store.close()
    print(peak() - start)
asyncio.run(main())
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert float(out) < 12
